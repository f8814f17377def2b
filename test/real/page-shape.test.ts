/** What the report page looks like for real and for large reports: words beside lines, phones, paper, and what axe finds. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Report } from "../../src/report/schema.ts";
import { passingModel, passReport, sampleModel, sampleReport, undecidedModel, undecidedReport } from "../fakes/report.ts";
import { describeWithChromium } from "../support/needs.ts";
import { startBrowser } from "./browser.ts";
import { labelCollisions } from "./label-collisions.ts";
import { demoReport, manyLayers, openPage, withLongNames, withOneLayer } from "./pages.ts";

let browser: Browser;
let folder: string;
let demo: Report;

describeWithChromium("the shape of the report page", () => {
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "trt-gate-shape-"));
    [browser, demo] = await Promise.all([startBrowser(), demoReport()]);
  });
  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const reports: readonly (readonly [string, () => Report])[] = [
    ["the demo", () => demo],
    ["long names", () => withLongNames(demo)],
    ["one layer", () => withOneLayer(demo)],
    ["300 layers", () => manyLayers()],
    ["a search with every kind of probe", () => sampleReport()],
    ["several models", () => sampleReport({ models: [passingModel({ name: "fine" }), undecidedModel(), ...demo.models] })],
  ];

  const widths = [
    ["wide", 1200],
    ["phone", 390],
  ] as const;
  const onEveryWidth = reports.flatMap(([name, report]) => widths.map(([screen, width]) => [name, screen, report, width] as const));

  it.each(onEveryWidth)("lays no word of a chart over a line, a mark or another word: %s, %s", async (_name, _screen, report, width) => {
    const page = await unfolded(report(), { width, height: 900 });
    const { texts, collisions } = await labelCollisions(page);
    expect(texts).toBeGreaterThan(10);
    expect(collisions).toEqual([]);
    await page.context().close();
  });

  it("finds words that do lie over a line, another word or the limit", async () => {
    const page = await unfolded(demo, { width: 1200, height: 900 });
    await page.evaluate(`(() => {
      const svg = document.querySelector("svg.wide:has(.limit)");
      const line = svg.querySelector("line.limit");
      const word = document.createElementNS("http://www.w3.org/2000/svg", "text");
      word.textContent = "planted";
      word.setAttribute("x", Number(line.getAttribute("x1")) - 10);
      word.setAttribute("y", Number(line.getAttribute("y1")) + 4);
      svg.append(word);
    })()`);
    const { collisions } = await labelCollisions(page);
    expect(collisions.filter((one) => one.startsWith("planted")).length).toBeGreaterThan(0);
    await page.context().close();
  });

  it.each(reports)("cuts no column off and scrolls nowhere sideways at 390 pixels, folds open: %s", async (_, report) => {
    const page = await unfolded(report(), { width: 390, height: 844 });
    const wider = await page.evaluate<string[]>(
      `Array.from(document.querySelectorAll("html, .scroll, pre, table, figure, dl, p"), (box) => [box, box.scrollWidth - box.clientWidth]).filter(([box, pixels]) => pixels > 1 && getComputedStyle(box).display !== "inline").map(([box, pixels]) => box.tagName + "." + box.className + " " + pixels + " " + (box.getAttribute("aria-label") ?? ""))`,
    );
    expect(wider).toEqual([]);
    await page.context().close();
  });

  it.each([
    ["the demo", () => demo, 2],
    ["300 layers", () => manyLayers(), 2],
    ["long names", () => withLongNames(demo), 2],
    ["a model that passes", () => passReport(), 2],
    [
      "one that passes, two that regressed",
      () => sampleReport({ models: [passingModel({ name: "fine" }), sampleModel(), ...demo.models] }),
      5,
    ],
  ])("prints on at most two pages a model: %s", async (_name, report, most) => {
    const { page } = await openPage(browser, folder, report());
    const pages = pageCount(await page.pdf({ format: "A4" }));
    expect(pages).toBeGreaterThan(0);
    expect(pages).toBeLessThanOrEqual(most);
    await page.context().close();
  });

  const verdicts: readonly (readonly [string, () => Report])[] = [
    ["red", () => demo],
    ["green", () => passReport()],
    ["undecided", () => undecidedReport()],
    ["several models", () => sampleReport({ models: [passingModel({ name: "fine" }), undecidedModel(), sampleModel()] })],
  ];
  const inBothColours = verdicts.flatMap(([name, report]) => (["light", "dark"] as const).map((scheme) => [name, scheme, report] as const));

  it.each(inBothColours)("gives axe nothing serious or critical, folds open: %s, %s", async (_name, colorScheme, report) => {
    const page = await unfolded(report(), { width: 1200, height: 900 }, colorScheme);
    const { passes, serious } = await axe(page);
    expect(passes).toBeGreaterThan(15);
    expect(serious).toEqual([]);
    await page.context().close();
  });

  it("lets axe find what is planted", async () => {
    const page = await unfolded(demo, { width: 1200, height: 900 });
    await page.evaluate(`document.querySelector("label").remove()`);
    expect((await axe(page)).serious.map(({ id }) => id)).toEqual(["label"]);
    await page.context().close();
  });
});

async function unfolded(
  report: Report,
  viewport: { width: number; height: number },
  colorScheme: "light" | "dark" = "light",
): Promise<Page> {
  const { page, faults } = await openPage(browser, folder, report, { viewport, colorScheme });
  await page.evaluate(`for (const fold of document.querySelectorAll("details")) fold.open = true`);
  expect(faults).toEqual([]);
  return page;
}

/** Page objects are plain text in what Chromium writes. */
const pageCount = (pdf: Buffer): number => pdf.toString("latin1").match(/\/Type\s*\/Page\b/g)?.length ?? 0;

interface Axe {
  readonly passes: number;
  readonly serious: readonly { readonly id: string; readonly nodes: readonly string[] }[];
}

async function axe(page: Page): Promise<Axe> {
  await page.evaluate(await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8"));
  return await page.evaluate(`axe.run().then(({ passes, violations }) => ({
    passes: passes.length,
    serious: violations.filter(({ impact }) => impact === "serious" || impact === "critical").map(({ id, nodes }) => ({ id, nodes: nodes.slice(0, 5).map(({ html }) => html.slice(0, 200)) })),
  }))`);
}
