import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import { renderHtml } from "../../src/report/html/page.ts";
import type { Report } from "../../src/report/schema.ts";
import { hostileReport } from "../fakes/hostile-report.ts";
import { passReport, sampleModel, sampleReport, undecidedModel, undecidedReport } from "../fakes/report.ts";
import { describeWithChromium } from "../support/needs.ts";
import { startBrowser } from "./browser.ts";

let browser: Browser;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "trt-gate-page-"));
  browser = await startBrowser();
});
afterAll(async () => {
  await browser?.close();
  await rm(folder, { recursive: true, force: true });
});

interface Opened {
  readonly page: Page;
  /** Console errors and warnings, uncaught errors, refusals by the page's policy, requests for anything but the file, and dialogs. */
  readonly faults: string[];
}

/** Opens the page from disk, as a person would open a downloaded artifact. */
async function open(report: Report, options: BrowserContextOptions = {}): Promise<Opened> {
  const file = join(folder, `${Math.random().toString(36).slice(2)}.html`);
  await writeFile(file, renderHtml(report));
  const context = await browser.newContext({ viewport: { width: 1200, height: 900 }, ...options });
  const page = await context.newPage();
  const faults: string[] = [];
  const url = pathToFileURL(file).href;
  page.on("console", (message) => message.type() !== "log" && faults.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("dialog", (dialog) => {
    faults.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("request", (request) => request.url() !== url && faults.push(`request: ${request.url()}`));
  await page.goto(url);
  return { page, faults };
}

describeWithChromium("report page in a browser", () => {
  it.each([
    ["regression", sampleReport()],
    ["pass", passReport()],
    ["undecided", undecidedReport()],
    ["several", sampleReport({ models: [undecidedModel(), sampleModel()] })],
  ])("opens from disk without a fault or a request: %s", async (_, report) => {
    const { page, faults } = await open(report);
    expect(await page.locator("h1").count()).toBe(1);
    expect(await page.locator("section.model").count()).toBe(report.models.length);
    expect(faults).toEqual([]);
    await page.context().close();
  });

  it("shows verdict, figures, charts, fix, search, environment and commands of a regression", async () => {
    const { page } = await open(sampleReport());
    expect(await page.locator("h1").textContent()).toBe("Do not merge: INT8 lost accuracy in text-direction");
    expect(await page.locator("h3").allTextContents()).toEqual([
      "Fix",
      "Advice",
      "Outputs",
      "Error along the network",
      "Worst layers",
      "Search",
      "How it was measured",
      "Reproduce",
    ]);
    await page.locator("details.rest > summary").click();
    expect(await page.locator("svg.wide:visible").count()).toBe(6);
    expect(await page.locator("svg.narrow:visible").count()).toBe(0);
    expect(await page.locator("footer").textContent()).toContain("ONNX Runtime");
    await page.context().close();
  });

  it("stays inert with 5,000 failing layers of hostile names", async () => {
    const { page, faults } = await open(hostileReport(5000));
    expect(faults).toEqual([]);
    expect(await page.locator("script").count()).toBe(2);
    expect(await page.locator("img, iframe, form, link, object, embed, base").count()).toBe(0);
    expect(
      await page.evaluate(
        `Array.from(document.querySelectorAll("*")).flatMap((element) => Array.from(element.attributes, (attribute) => attribute.name)).filter((name) => name.startsWith("on") || name === "style")`,
      ),
    ).toEqual([]);
    expect(
      await page.evaluate(
        `Array.from(document.querySelectorAll("a"), (link) => link.getAttribute("href")).filter((href) => !href?.startsWith("#"))`,
      ),
    ).toEqual([]);
    await page.context().close();
  });

  it("refuses script that is not its own", async () => {
    const { page, faults } = await open(sampleReport());
    await page.evaluate(`(() => {
      const script = document.createElement("script");
      script.textContent = "window.ran = true";
      document.body.append(script);
    })()`);
    expect(await page.evaluate(`"ran" in window`)).toBe(false);
    expect(faults.some((fault) => fault.includes("Content Security Policy"))).toBe(true);
    await page.context().close();
  });

  it("reads without script: everything but the copy buttons is there", async () => {
    const { page } = await open(sampleReport(), { javaScriptEnabled: false });
    expect(await page.locator("svg.wide").first().isVisible()).toBe(true);
    expect(await page.locator("table").first().isVisible()).toBe(true);
    expect(await page.locator("button.copy").first().isVisible()).toBe(false);
    await page.context().close();
  });

  it("copies a command with one press", async () => {
    const { page } = await open(sampleReport(), { permissions: ["clipboard-read", "clipboard-write"] });
    await page.locator("details.rest > summary").click();
    const code = page.locator(".code").last();
    await code.locator("button").press("Enter");
    await expect.poll(() => code.locator("button").textContent()).toBe("Copied");
    expect(await page.evaluate(`navigator.clipboard.readText()`)).toBe(await code.locator("pre").textContent());
    await page.context().close();
  });

  it("reads the network chart layer by layer with the arrow keys", async () => {
    const { page } = await open(sampleReport());
    await page.locator(".explore").focus();
    for (let i = 0; i < 8; i++) await page.keyboard.press("ArrowRight");
    expect(await page.locator(".readout").textContent()).toBe("Layer 7: p2o.Conv.7, injected 21.2 dB, accumulated 23.0 dB");
    await page.keyboard.press("End");
    expect(await page.locator(".readout").textContent()).toContain("Layer 53: p2o.MatMul.0");
    await page.context().close();
  });

  it("gives each chart, table and button a name that a screen reader says", async () => {
    const { page } = await open(sampleReport());
    const nameless = await page.evaluate(
      `Array.from(document.querySelectorAll("svg[role=img], [role=region], button, section[aria-labelledby]"), (element) => element.getAttribute("aria-label") ?? document.getElementById(element.getAttribute("aria-labelledby") ?? "")?.textContent ?? "").filter((name) => name.trim() === "").length`,
    );
    expect(nameless).toBe(0);
    expect(await page.locator("html").getAttribute("lang")).toBe("en");
    expect(await page.locator("th:not([scope])").count()).toBe(0);
    await page.keyboard.press("Tab");
    expect(await page.evaluate(`document.activeElement?.textContent`)).toBe("Skip to the results");
    await page.context().close();
  });

  it("fits a phone without sideways scrolling, with the narrow charts", async () => {
    const { page } = await open(sampleReport(), { viewport: { width: 360, height: 780 } });
    expect(await page.evaluate(`document.documentElement.scrollWidth`)).toBeLessThanOrEqual(360);
    expect(await page.locator("svg.narrow:visible").count()).toBe(4);
    expect(await page.locator("svg.wide:visible").count()).toBe(0);
    await page.context().close();
  });

  it("cuts no column of the outputs off at 390 px", async () => {
    const { page } = await open(sampleReport(), { viewport: { width: 390, height: 844 } });
    const hidden = `Array.from(document.querySelectorAll(".scroll"), (box) => box.scrollWidth - box.clientWidth).slice(0, 3)`;
    for (const pixels of (await page.evaluate<number[]>(hidden)) ?? []) expect(pixels).toBeLessThanOrEqual(1);
    await page.context().close();
  });

  it.each(["light", "dark"] as const)("keeps text readable in %s: 4.5 to 1 for every colour of words", async (colorScheme) => {
    const { page } = await open(sampleReport(), { colorScheme });
    const ratios: unknown = await page.evaluate(`(() => {
      const probe = document.body.appendChild(document.createElement("i"));
      const sheet = getComputedStyle(document.documentElement);
      const luminance = (variable) => {
        const hex = sheet.getPropertyValue(variable).trim();
        const full = hex.length === 4 ? hex.replace(/[^#]/g, "$&$&") : hex;
        const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) => Number.parseInt(full.slice(at, at + 2), 16) / 255).map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      probe.remove();
      const paper = luminance("--paper");
      return ["--ink", "--soft", "--pass", "--regression", "--undecided", "--blue", "--orange"].map((name) => {
        const [high = 0, low = 0] = [luminance(name), paper].toSorted((a, b) => b - a);
        return (high + 0.05) / (low + 0.05);
      });
    })()`);
    expect(ratios).toHaveLength(7);
    for (const ratio of Array.isArray(ratios) ? ratios : []) expect(ratio).toBeGreaterThanOrEqual(4.5);
    await page.context().close();
  });

  it("prints with everything unfolded and without buttons", async () => {
    const { page } = await open(sampleReport());
    await page.emulateMedia({ media: "print", colorScheme: "dark" });
    await page.evaluate(`dispatchEvent(new Event("beforeprint"))`);
    expect(await page.locator("details:not([open])").count()).toBe(0);
    expect(await page.locator("button.copy:visible").count()).toBe(0);
    expect(await page.evaluate(`getComputedStyle(document.body).backgroundColor`)).toBe("rgb(255, 255, 255)");
    expect((await page.pdf({ format: "A4" })).length).toBeGreaterThan(10_000);
    await page.context().close();
  });
});
