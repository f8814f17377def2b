/** Of a model in another precision than INT8 no rendering says INT8: the words are its own. */
import { expect, it } from "vitest";
import { renderComment } from "../../../src/report/comment.ts";
import { renderHtml } from "../../../src/report/html/page.ts";
import type { Report } from "../../../src/report/schema.ts";
import { renderSummary } from "../../../src/report/summary.ts";
import { renderTerminal } from "../../../src/report/terminal.ts";
import { passReport, sampleModel, sampleReport, sampleSearch, sampleUnit } from "../../fakes/report.ts";

const options = { jobKey: "accuracy/check", fixScripts: [], runUrl: "https://github.com/acme/vision/actions/runs/4242" };
const renderings: Readonly<Record<string, (report: Report) => string>> = {
  comment: (report) => renderComment(report, options),
  summary: (report) => renderSummary(report, options),
  terminal: (report) => renderTerminal(report, { ansi: false, folder: "trt-gate-report" }),
  page: (report) => renderHtml(report),
};

/** Sentences that the report holds are data here. */
const inFp8 = (report: Report): Report => JSON.parse(JSON.stringify(report).replaceAll("INT8", "FP8"));
const all = sampleSearch({ keep: [0, 1, 2, 3].map((i) => sampleUnit(i)), units: 4 });
const reports: Readonly<Record<string, Report>> = {
  regression: sampleReport(),
  pass: passReport(),
  "every unit kept": sampleReport({ models: [sampleModel({ search: all, fix: null })] }),
};

it.each(Object.keys(renderings).flatMap((rendering) => Object.keys(reports).map((state) => [rendering, state] as const)))(
  "%s of a %s in FP8",
  (rendering, state) => {
    const report = inFp8(reports[state] as Report);
    for (const model of report.models) expect(model.quantization.precision ?? "FP8").toBe("FP8");
    const models = report.models.map((model) => ({ ...model, quantization: { ...model.quantization, precision: "FP8" } }));
    const told = renderings[rendering]?.({ ...report, models }) ?? "INT8";
    expect(told.split("\n").filter((line) => line.includes("INT8"))).toEqual([]);
    expect(told).toContain("FP8");
  },
);
