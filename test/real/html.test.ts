import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, BrowserContextOptions } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Report } from "../../src/report/schema.ts";
import { hostileReport } from "../fakes/hostile-report.ts";
import { passingModel, passReport, sampleLayer, sampleModel, sampleReport, undecidedModel, undecidedReport } from "../fakes/report.ts";
import { describeWithChromium } from "../support/needs.ts";
import { startBrowser } from "./browser.ts";
import { openPage } from "./pages.ts";

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

const open = (report: Report, options: BrowserContextOptions = {}) => openPage(browser, folder, report, options);

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
      "Layers that add most error themselves",
      "Search",
      "How it was measured",
      "Reproduce",
    ]);
    await page.locator("details.rest > summary").click();
    expect(await page.locator("svg.wide:visible").count()).toBe(4);
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

  it("reads without script: every layer is there, and no button that would do nothing", async () => {
    const { page } = await open(sampleReport(), { javaScriptEnabled: false });
    expect(await page.locator(".layers tbody tr:visible").count()).toBe(54);
    expect(await page.locator("button:visible, input:visible").count()).toBe(0);
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
    expect(await page.locator(".readout").textContent()).toBe(
      "Layer 7: p2o.Conv.7, injected 21.2 dB, accumulated 23.0 dB, INT8, the fix keeps it in higher precision",
    );
    await page.keyboard.press("End");
    expect(await page.locator(".readout").textContent()).toContain("Layer 53: p2o.MatMul.0");
    await page.context().close();
  });

  it("gives each chart, table and button a name that a screen reader says", async () => {
    const { page } = await open(sampleReport());
    const nameless = await page.evaluate(
      `Array.from(document.querySelectorAll("svg[role=img], [role=region], button, section[aria-labelledby]"), (element) => element.getAttribute("aria-label") ?? document.getElementById(element.getAttribute("aria-labelledby") ?? "")?.textContent ?? element.textContent).filter((name) => name.trim() === "").length`,
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
    expect(await page.locator("svg.narrow:visible").count()).toBe(2);
    expect(await page.locator("svg.wide:visible").count()).toBe(0);
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

  it("filters the layers by any of their words, and says how many are shown", async () => {
    const { page, faults } = await open(sampleReport());
    const rows = page.locator(".layers tbody tr:visible");
    const status = page.locator(".tools [role=status]");
    expect([await rows.count(), await status.textContent()]).toEqual([10, "10 of 54 layers shown"]);
    await page.getByLabel("Filter the layers").fill("MATMUL p2o");
    expect([await rows.count(), await status.textContent()]).toEqual([1, "1 of 54 layers shown"]);
    expect(await rows.first().textContent()).toContain("p2o.MatMul.0");
    await page.getByLabel("Filter the layers").fill("no such layer");
    expect(await rows.count()).toBe(0);
    await page.getByLabel("Filter the layers").fill("");
    await page.getByRole("button", { name: "Show all 54" }).click();
    expect(await rows.count()).toBe(54);
    expect(faults).toEqual([]);
    await page.context().close();
  });

  it("sorts the layers by a column by keyboard, and says by which", async () => {
    const { page } = await open(sampleReport());
    const injected = page.getByRole("columnheader", { name: "Injected" });
    const accumulated = page.getByRole("columnheader", { name: "Accumulated" });
    const figures = async (column: number) =>
      (await page.locator(`.layers tbody tr:visible td:nth-child(${column})`).allTextContents()).map(Number.parseFloat);
    expect(await injected.getAttribute("aria-sort")).toBe("ascending");
    expect((await figures(4))[0]).toBe(21.2);
    await accumulated.getByRole("button").press("Enter");
    expect([await accumulated.getAttribute("aria-sort"), await injected.getAttribute("aria-sort")]).toEqual(["ascending", null]);
    const ascending = await figures(5);
    expect(ascending).toEqual(ascending.toSorted((a, b) => a - b));
    await accumulated.getByRole("button").press("Enter");
    expect(await accumulated.getAttribute("aria-sort")).toBe("descending");
    const descending = await figures(5);
    expect(descending).toEqual(descending.toSorted((a, b) => b - a));
    expect(Math.min(...descending)).toBeGreaterThan(Math.max(...ascending));
    await page.context().close();
  });

  it("sorts what was not measured behind everything, in either direction, and NaN as the worst", async () => {
    const { page } = await open(sampleReport({ models: [sampleModel({ layers: unevenLayers })] }));
    const names = () => page.locator(".layers tbody td:first-child").allTextContents();
    await page.getByRole("columnheader", { name: "Layer" }).getByRole("button").click();
    expect(await names()).toEqual(["a", "b", "c", "d"]);
    const press = page.getByRole("columnheader", { name: "Injected" }).getByRole("button");
    await press.click();
    expect(await names()).toEqual(["b", "c", "d", "a"]);
    await press.click();
    expect(await names()).toEqual(["d", "c", "b", "a"]);
    await page.context().close();
  });

  it("collapses models that pass, among several", async () => {
    const { page } = await open(sampleReport({ models: [passingModel({ name: "fine" }), sampleModel()] }));
    const fine = page.locator("section.model").last();
    expect(await fine.locator("h2").isVisible()).toBe(true);
    expect(await fine.locator("table").first().isVisible()).toBe(false);
    await fine.locator("summary").first().click();
    expect(await fine.locator("table").first().isVisible()).toBe(true);
    await page.context().close();
  });

  it("prints light, without folds and buttons", async () => {
    const { page } = await open(sampleReport());
    await page.emulateMedia({ media: "print", colorScheme: "dark" });
    expect(await page.locator("details:visible, button:not(th button):visible, input:visible").count()).toBe(0);
    expect(await page.evaluate(`getComputedStyle(document.body).backgroundColor`)).toBe("rgb(255, 255, 255)");
    await page.context().close();
  });
});

const unevenLayers = [
  sampleLayer(0, { node: "a", injected: undefined }),
  sampleLayer(1, { node: "b", injected: { sqnrDb: "NaN" } }),
  sampleLayer(2, { node: "c", injected: { sqnrDb: 9 } }),
  sampleLayer(3, { node: "d", injected: { sqnrDb: "Infinity" } }),
];
