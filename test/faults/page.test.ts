/** The report's page where it is opened without what it was made with. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { sampleModel, sampleReport, undecidedModel } from "../fakes/report.ts";
import { startBrowser } from "../real/browser.ts";
import { openPage } from "../real/pages.ts";
import { describeWithChromium } from "../support/needs.ts";

describeWithChromium("in a browser", () => {
  it("page of a report without a network", async () => {
    const folder = await mkdtemp(join(tmpdir(), "trt-gate-page-"));
    const browser = await startBrowser();
    const report = sampleReport({ models: [undecidedModel(), sampleModel()] });
    const { page, faults } = await openPage(browser, folder, report, { offline: true });
    expect(await page.evaluate("navigator.onLine")).toBe(false);
    expect(await page.locator("section.model").count()).toBe(2);
    expect(await page.locator("svg:visible").count()).toBeGreaterThan(0);
    expect(faults).toEqual([]);
    await browser.close();
    await rm(folder, { recursive: true });
  });
});
