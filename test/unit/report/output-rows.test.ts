import { expect, it } from "vitest";
import { renderComment } from "../../../src/report/comment.ts";
import { renderHtml } from "../../../src/report/html/page.ts";
import { fixedFigures } from "../../../src/report/sections/fix.ts";
import { decidingRow, outputRows, roughIntervals } from "../../../src/report/sections/outputs.ts";
import { renderTerminal } from "../../../src/report/terminal.ts";
import { sampleModel, sampleReport, sampleTensor } from "../../fakes/report.ts";

const check = { of: "tensor" as const, limit: 20, value: 30, margin: 10 };

it("shows every check of the report as it stands there, worst level first, then the nearest in dB of error", () => {
  const outputs = [
    sampleTensor({ tensor: "a", checks: [{ ...check, metric: "sqnrDb", marginDb: 10, level: "pass" }] }),
    sampleTensor({
      tensor: "b",
      checks: [
        { ...check, metric: "maxAbs", marginDb: 3, level: "pass" },
        { ...check, metric: "cosine", marginDb: 8, level: "waived" },
        { ...check, metric: "meanAbs", marginDb: 1, level: "warn" },
      ],
    }),
  ];
  const rows = outputRows(sampleModel({ outputs, baseline: null }));
  expect(rows.map(({ output, metric, level }) => [output, metric, level])).toEqual([
    ["b", "cosine", "waived"],
    ["b", "meanAbs", "warn"],
    ["b", "maxAbs", "pass"],
    ["a", "sqnrDb", "pass"],
  ]);
});

it("shows beside a warning the limit that it is about, and how far beyond it the figure is", () => {
  const share = { of: "samples" as const, metric: "samplesWithin", value: 0.79, limit: 0.5, margin: 0.29, warnLimit: 0.9 };
  const error = { of: "tensor" as const, metric: "maxAbs", value: 0.4, limit: 1, margin: 0.6, warnLimit: 0.25 };
  const checks = [
    { ...share, level: "warn" as const },
    { ...error, level: "warn" as const },
    { ...share, level: "pass" as const },
  ];
  const rows = outputRows(sampleModel({ outputs: [sampleTensor({ tensor: "y", checks })], baseline: null }));
  expect(rows.map(({ level, words }) => [level, words.limit, words.margin])).toEqual([
    ["warn", "≤ 0.25 (warn)", "−0.15"],
    ["warn", "≥ 90 % (warn)", "−11.0 %"],
    ["pass", "≥ 50 %", "+29.0 %"],
  ]);
});

it("shows beside a part the figure that the part had on the base", () => {
  const place = { part: "scores", where: "[:, 4:9]" };
  const outputs = [
    sampleTensor({
      tensor: "y",
      checks: [
        { ...check, ...place, of: "baseline", metric: "sqnrDb", level: "fail" },
        { ...check, metric: "sqnrDb", level: "pass" },
      ],
    }),
  ];
  const { reference } = sampleTensor();
  const part = {
    name: "scores",
    where: "[:, 4:9]",
    elements: 5,
    metrics: { sqnrDb: 37.1 },
    reference,
    candidate: reference,
    level: "pass" as const,
  };
  const before = [sampleTensor({ tensor: "y", metrics: { sqnrDb: 54 }, parts: [part] })];
  const rows = outputRows(sampleModel({ outputs, baseline: { commit: "2b4c6d8e", verdict: "pass", outputs: before, message: "" } }));
  expect(rows.map((row) => [row.part, row.baseline])).toEqual([
    ["scores", 37.1],
    [undefined, 54],
  ]);
});

it("shows what kept an output from being measured, and of one without limits its SQNR", () => {
  const outputs = [
    sampleTensor({ tensor: "y", level: "undecided", fault: "shape-mismatch", checks: [] }),
    sampleTensor({ tensor: "z", level: "unjudged", checks: [] }),
  ];
  expect(outputRows(sampleModel({ outputs })).map(({ output, metric, value }) => [output, metric, value])).toEqual([
    ["y", "shape-mismatch", undefined],
    ["z", "sqnrDb", 18.42],
  ]);
});

it("shows of a report without checks the figure that decided", () => {
  const { checks: _, ...old } = sampleTensor();
  expect(outputRows(sampleModel({ outputs: [old] }))).toMatchObject([{ metric: "sqnrDb", value: 18.42, limit: 20, level: "fail" }]);
});

it("says beside intervals from few samples what such an interval holds, and nothing of many, or without intervals", () => {
  const interval = { low: 18, high: 33, holdsLimit: true };
  const modelOf = (samples: number, more: object = { interval }) =>
    sampleModel({ outputs: [sampleTensor({ samples, checks: [{ ...check, metric: "sqnrDb", level: "pass", ...more }] })], baseline: null });
  const few = "The 90 % interval beside a figure is rough, from 16 samples: at 16 it holds 83 to 92 % of fresh figures.";
  expect(roughIntervals([modelOf(64), modelOf(16)])).toBe(few);
  expect(renderComment(sampleReport({ models: [modelOf(16)] }), { jobKey: "k", fixScripts: [] })).toContain(few);
  expect(renderHtml(sampleReport({ models: [modelOf(16)] }))).toContain(few);
  expect([roughIntervals([modelOf(64)]), roughIntervals([modelOf(16, {})]), roughIntervals([])]).toEqual(["", "", ""]);
});

it("shows a user's own metric that decides as the row that decides, in every rendering", () => {
  const task = { metric: "accuracy", reference: 1, candidate: 0.921875, drop: 0.078125, maxDrop: 0.02, passes: false };
  const passing = sampleTensor({ tensor: "logits", checks: [{ ...check, metric: "sqnrDb", marginDb: 10, level: "pass" }] });
  const model = sampleModel({
    outputs: [passing],
    baseline: null,
    task,
    reason: "task-drop",
    search: null,
    fix: null,
    advice: [],
    worst: [],
  });
  expect(outputRows(model).map(({ of, level }) => [of, level])).toEqual([
    ["task", "fail"],
    ["tensor", "pass"],
  ]);
  expect(decidingRow(model)).toMatchObject({ of: "task", metric: "accuracy" });
  const report = sampleReport({ models: [model] });
  const comment = renderComment(report, { jobKey: "k", fixScripts: [] });
  expect(comment).toContain("| task | `accuracy` | drop 0.078 | ≤ 0.02 | −0.058 | ❌ fail |");
  expect(comment).toMatch(/^- ❌ \*\*`text-direction`\*\* · `accuracy` 1 → 0\.922, drop 0\.078 \(limit ≤ 0\.02\)/m);
  expect(renderTerminal(report, { ansi: false, folder: "out" })).toMatch(/^task +accuracy +drop 0\.078 +≤ 0\.02 +−0\.058 +fail$/m);
  const page = renderHtml(report);
  expect(page).toMatch(/<dt>accuracy<\/dt><dd class="figure">drop 0\.078<small>limit ≤ 0\.02, margin −0\.058<\/small>/);
  expect(page).toMatch(/<td[^>]*>task<\/td><td[^>]*>accuracy<\/td>/);
});

it("shows no user's metric of the plain model among the figures of the fix", () => {
  const task = { metric: "accuracy", reference: 1, candidate: 0.9, drop: 0.1, maxDrop: 0.02, passes: false };
  expect(fixedFigures(sampleModel({ task })).map(({ row }) => row.of)).not.toContain("task");
});
