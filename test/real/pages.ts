/** Report pages opened from disk in a real browser, and the reports that they are tried with. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { baseBranch, writeDemoPullRequest } from "../../scripts/demo-pull-request.ts";
import { main } from "../../src/main.ts";
import { renderHtml } from "../../src/report/html/page.ts";
import type { MeasuredTensor, ModelReport, Report } from "../../src/report/schema.ts";
import { sampleLayer, sampleModel, sampleReport } from "../fakes/report.ts";
import { runEffects } from "../fakes/run-effects.ts";

export interface Opened {
  readonly page: Page;
  /** Console errors and warnings, uncaught errors, refusals by the page's policy, requests for anything but the file, and dialogs. */
  readonly faults: string[];
}

/** Opens the page from disk, as a person would open a downloaded artifact. */
export async function openPage(browser: Browser, folder: string, report: Report, options: BrowserContextOptions = {}): Promise<Opened> {
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

/** What `npm run demo` judges: a pull request with its base, searched and fixed. */
export async function demoReport(): Promise<Report> {
  const effects = await runEffects();
  try {
    await writeDemoPullRequest(effects.cwd);
    const { report } = await main({ inputs: { lane: "simulate", "base-ref": baseBranch } }, effects);
    if (!report.models[0]?.baseline) throw new Error("the demo's base was not measured");
    return report;
  } finally {
    await effects.end();
  }
}

/** The same figures under names as deep frameworks write them; no two alike. */
export function withLongNames(report: Report): Report {
  const long = (name: string) =>
    `/backbone/stage.3/blocks.11/attention/self_attention_with_relative_position/${"projection/".repeat(8)}${name}`;
  const layer = (one: MeasuredTensor): MeasuredTensor => ({
    ...one,
    tensor: long(one.tensor),
    ...(one.node ? { node: long(one.node) } : {}),
    ...(one.reads ? { reads: long(one.reads) } : {}),
  });
  const model = (one: ModelReport): ModelReport => ({
    ...one,
    name: long(one.name),
    outputs: one.outputs.map(layer),
    layers: one.layers.map(layer),
    worst: one.worst.map((row) => ({ ...row, tensor: long(row.tensor), node: long(row.node) })),
  });
  return { ...report, models: report.models.map(model) };
}

/** Only the worst layer was measured. */
export function withOneLayer(report: Report): Report {
  const model = (one: ModelReport): ModelReport => {
    const [worst] = one.worst;
    return {
      ...one,
      worst: one.worst.slice(0, 1),
      layers: one.layers.filter(({ tensor }) => tensor === worst?.tensor).map((layer) => ({ ...layer, order: 0 })),
    };
  };
  return { ...report, models: report.models.map(model) };
}

/** As an engine of 300 layers gives it, with judged layers and the precision that each ran in: every column that there is. */
export function manyLayers(count = 300): Report {
  const layers = Array.from({ length: count }, (_, i) =>
    sampleLayer(i % 54, {
      tensor: `features.${i}.conv_out`,
      node: `/features/features.${i}/conv/Conv`,
      order: i,
      level: i % 3 === 0 ? "fail" : "pass",
      executedPrecision: i % 4 === 0 ? "FP16" : "INT8",
      atOutput: { sqnrDb: 30 + (i % 20), share: 1 / count },
      histogram: { low: -4, high: 4, reference: [1, 40, 9, 1], candidate: [2, 38, 10, 1], clip: 2.5, saturatedShare: 0.02 },
      weightRange: {
        channels: 64,
        low: Array.from({ length: 64 }, (_, c) => -1 - (c % 7)),
        high: Array.from({ length: 64 }, (_, c) => 1 + (c % 5)),
      },
    }),
  );
  const worst = layers.slice(0, 10).map(({ tensor, node = "", injected, metrics }) => ({
    tensor,
    node,
    opType: "Conv",
    injectedSqnrDb: injected?.sqnrDb ?? null,
    accumulatedSqnrDb: metrics.sqnrDb ?? null,
  }));
  return sampleReport({ models: [sampleModel({ layers, worst, lane: "implicit" })] });
}
