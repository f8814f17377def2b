import { expect, it } from "vitest";
import { measuredTensor } from "../../../src/report/build.ts";
import { commentBudget, renderComment } from "../../../src/report/comment.ts";
import { emptyModelReport } from "../../../src/report/empty-model.ts";
import { renderHtml } from "../../../src/report/html/page.ts";
import { facts } from "../../../src/report/sections/details.ts";
import { sampleModel, sampleReport } from "../../fakes/report.ts";

it("of a model that ended before anything was known no empty fact is told", () => {
  const early = emptyModelReport({ name: "early", path: "models/early.onnx" });
  expect(facts(early)).toEqual([]);
  const report = sampleReport({ models: [early], verdict: "undecided", reason: "configuration" });
  const comment = renderComment(report, { jobKey: "key", budget: commentBudget, fixScripts: [] });
  for (const text of [comment, renderHtml(report)]) {
    expect(text).toContain("models/early.onnx");
    expect(text).not.toMatch(/SHA-256|\(empty\)|Calibration<|0 samples of|0 of 0/);
  }
});

it("what is known of a model is told", () => {
  const told = facts(sampleModel()).map(([what]) => what);
  for (const what of ["Lane", "Calibration", "Validation", "Coverage"]) expect(told).toContain(what);
});

it("the score of a part is told with its part, in the facts and in the page's table of parts", () => {
  const score = { metrics: { sqnrDb: 8.9 }, clampedShare: 0.0625, kind: "sigmoid" };
  const figures = { samples: 8, elements: 4, metrics: { sqnrDb: 31.2 }, perSampleSqnrDb: [], nonFinite: { reference: 0, candidate: 0 } };
  const range = { min: 0, max: 1, mean: 0.5, std: 0.4 };
  const whole = { tensor: "y", role: "output" as const, ...figures, reference: range, candidate: range };
  const parts = ["boxes", "scores"].map((name) => ({ ...whole, part: { name, where: "[:]" }, ...(name === "scores" ? { score } : {}) }));
  const model = sampleModel({ outputs: [measuredTensor({ ...whole, parts })] });
  expect(new Map(facts(model)).get("Score")).toBe("y › scores before its sigmoid: SQNR 8.9 dB, 6 % of the values clamped");
  const page = renderHtml(sampleReport({ models: [model] }));
  expect(page).toContain('<th scope="col" class="n">SQNR of the score</th>');
  expect(page).toMatch(/y › scores<\/code>.*?31\.2 dB.*?<td class="n">8\.9 dB<\/td>/);
});

it("the number of samples is told once, and what was taken of a larger file beside it", () => {
  const told = (source: string) =>
    new Map(facts(sampleModel({ validation: { ...sampleModel().validation, samples: 8, source } }))).get("Validation");
  expect(told("data/cls.npz (8 samples)")).toMatch(/^data\/cls\.npz \(8 samples\)(,|$)/);
  expect(told("data/cls.npz (500 samples)")).toMatch(/^8 samples of data\/cls\.npz \(500 samples\)/);
});
