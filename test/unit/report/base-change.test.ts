/** What a model lost against its base, in words and in every rendering. */
import { expect, it } from "vitest";
import { changeWords, dropCaveat, hasFallen, largestDrop } from "../../../src/report/base-change.ts";
import { renderComment } from "../../../src/report/comment.ts";
import { renderHtml } from "../../../src/report/html/page.ts";
import { renderLogLine } from "../../../src/report/log-line.ts";
import type { MeasuredTensor, ModelReport, Num } from "../../../src/report/schema.ts";
import { renderTerminal } from "../../../src/report/terminal.ts";
import { passingModel, sampleModel, sampleReport } from "../../fakes/report.ts";

type Base = NonNullable<ModelReport["baseline"]>;
const [output] = passingModel().outputs;
if (output === undefined) throw new Error("the sample model has no output");
const measured = (sqnrDb: Num, more: Partial<MeasuredTensor> = {}): MeasuredTensor => ({
  ...output,
  checks: undefined,
  scoreMetrics: undefined,
  metrics: { sqnrDb, cosine: 0.999 },
  decidedBy: { metric: "sqnrDb", of: "tensor", value: sqnrDb, limit: 20, margin: 6 },
  level: "pass",
  ...more,
});
const base = (outputs: readonly MeasuredTensor[], more: Partial<Base> = {}): Base => ({
  commit: "2b4c6d8e0f1a",
  name: "main",
  source: "measured",
  verdict: "pass",
  message: "",
  outputs: [...outputs],
  causes: ['3 of 43 scales moved, most "conv_1" (0.5 times)'],
  ...more,
});
const plain = (name: string) => name;

it.each([
  { metric: "sqnrDb", now: 26.1, before: 36.2, words: "10.1 dB below main's 36.2 dB" },
  { metric: "sqnrDb", now: 38.2, before: 36.2, words: "2.0 dB above main's 36.2 dB" },
  { metric: "sqnrDb", now: 36.21, before: 36.2, words: "as at main" },
  { metric: "sqnrDb", now: 36.2, before: "Infinity", words: "was identical at main" },
  { metric: "sqnrDb", now: "NaN", before: 36.2, words: "was 36.2 dB at main" },
  { metric: "cosine", now: 0.9988, before: 0.9998, words: "was 0.9998 at main" },
  { metric: "agreement", now: 0.97, before: 1, words: "was 100.0 % at main" },
] as const)("$words", ({ metric, now, before, words }) => {
  expect(changeWords(metric, now, before, base([]), plain)).toBe(words);
});

it("calls a base without a name the base, and writes a phrase as no name of a branch", () => {
  expect(changeWords("sqnrDb", 26, 30, base([], { name: undefined }), plain)).toBe("4.0 dB below the base's 30.0 dB");
  const phrase = base([], { name: "the last commit" });
  expect(changeWords("sqnrDb", 26, 30, phrase, (name) => `<${name}>`)).toBe("4.0 dB below the last commit's 30.0 dB");
});

const part = (name: string, sqnrDb: Num) => ({
  ...measured(sqnrDb),
  name,
  where: `axis 1, ${name}`,
  candidate: output.reference,
});

it("finds what lost most: an output, a part that the whole hides, a score behind probabilities, an output of indices", () => {
  const find = (now: MeasuredTensor, before: MeasuredTensor) => largestDrop({ outputs: [now], baseline: base([before]) });
  expect(find(measured(26), measured(36))).toMatchObject({ of: "tensor", part: undefined, before: 36, now: 26 });
  expect(find(measured(30), measured(31))).toBeUndefined();
  const parts = (boxes: number, scores: number) => [part("boxes", boxes), part("scores", scores)];
  expect(find(measured(30, { parts: parts(35, 21) }), measured(31, { parts: parts(35, 33) }))).toMatchObject({ part: "scores", now: 21 });
  const probabilities = (score: number) => measured(45, { scoreMetrics: { sqnrDb: score } });
  expect(find(probabilities(12), probabilities(24))).toMatchObject({ of: "score", before: 24, now: 12 });
  const indices = (agreement: number) => measured("NaN", { kind: "index", metrics: { agreement } });
  expect(find(indices(0.95), indices(1))).toMatchObject({ metric: "agreement", now: 0.95 });
});

it("takes the score's figure where both have one: a saturated probability that fell is no loss", () => {
  const softmax = (sqnrDb: number, score: number) => measured(sqnrDb, { scoreMetrics: { sqnrDb: score } });
  expect(largestDrop({ outputs: [softmax(37.4, 28.5)], baseline: base([softmax(54.4, 24.4)]) })).toBeUndefined();
  expect(largestDrop({ outputs: [softmax(37.4, 12)], baseline: base([softmax(54.4, 24.4)]) })).toMatchObject({ of: "score", now: 12 });
});

it("tells a loss beyond the noise of builds from one within it", () => {
  const { noise } = passingModel();
  const fell = (now: number, guardDb: number) =>
    hasFallen({ outputs: [measured(now)], baseline: base([measured(35)]), noise: { ...noise, guardDb } });
  expect([fell(29.8, 0), fell(34.2, 0), fell(29.8, 5.5), fell(36, 0)]).toEqual([true, false, false, false]);
});

it("pairs an output that was renamed with the base's only one, and says nothing where there are several", () => {
  const renamed = measured(36, { tensor: "before" });
  expect(largestDrop({ outputs: [measured(26)], baseline: base([renamed]) })?.before).toBe(36);
  expect(largestDrop({ outputs: [measured(26)], baseline: base([renamed, measured(36, { tensor: "other" })]) })).toBeUndefined();
  expect(largestDrop({ outputs: [measured(26)], baseline: null })).toBeUndefined();
});

/** A pass that lost this much, with its caveat as the check gives it. */
function fallen(now: number, before: number): ModelReport {
  const model = { ...passingModel(), outputs: [measured(now)], baseline: base([measured(before)]), caveats: [] };
  const drop = largestDrop(model);
  return drop === undefined ? model : { ...model, caveats: [dropCaveat(drop, model.baseline)] };
}

it("leads every rendering of a pass that fell, without making it a failure", () => {
  const report = sampleReport({ verdict: "pass", exitCode: 0, models: [fallen(26.1, 36.2)] });
  const comment = renderComment(report, { jobKey: "k", fixScripts: [] });
  expect(comment).toMatch(/^### ⚠️ Within limits, but INT8 accuracy of `[^`]+` fell from 36\.2 dB at `main` to 26\.1 dB$/m);
  expect(comment).toContain("10.1 dB below main's 36.2 dB · suspected: 3 of 43 scales moved");
  const terminal = renderTerminal(report, { ansi: false, folder: "out" }).replaceAll(/\n {2}/g, " ");
  expect(terminal.replace("\n", " ")).toMatch(/^Within limits, but INT8 accuracy of \S+ fell from 36\.2 dB at main to 26\.1 dB/);
  expect(terminal).toContain("(lost-since-base)");
  const page = renderHtml(report);
  expect(page).toContain("fell from 36.2 dB at main to 26.1 dB</h1>");
  expect(page).toMatch(/<dt>SQNR at main \(2b4c6d8\)<\/dt><dd class="figure">36\.2 dB<small>now 26\.1 dB; 3 of 43 scales moved/);
  expect(renderLogLine(report)).toMatch(/^pass: Within limits, but .*10\.1 dB below main's 36\.2 dB$/);
});

it("shows a small loss in the model's line, and what changed", () => {
  const report = sampleReport({ verdict: "pass", exitCode: 0, models: [fallen(34, 36.2)] });
  const comment = renderComment(report, { jobKey: "k", fixScripts: [] });
  expect(comment).toMatch(/^### ✅ Safe to merge/m);
  expect(comment).toContain("2.2 dB below main's 36.2 dB · changed: 3 of 43 scales moved");
  const terminal = renderTerminal(report, { ansi: false, folder: "out" }).replaceAll(/\n {2}/g, " ");
  expect(terminal).toMatch(/2\.2 dB below main's 36\.2 dB; changed: 3 of 43 scales moved.* \(base 2b4c6d8\)/);
});

it("counts models that fell where there are several, and leaves another caveat its headline", () => {
  const [one, two] = [fallen(26, 36), { ...fallen(25, 36), name: "second", path: "b.onnx" }];
  const told = (models: readonly ModelReport[]) =>
    renderComment(sampleReport({ verdict: "pass", exitCode: 0, models: [...models] }), { jobKey: "k", fixScripts: [] });
  expect(told([one, two])).toContain("Within limits, but INT8 accuracy of 2 of 2 models fell since the base");
  const weak = { ...one, caveats: [...(one.caveats ?? []), { reason: "weak-evidence", message: "Few samples." }] };
  expect(told([weak])).toContain("not proven safe");
});

it.each([
  { source: "new", words: "new in this change" },
  { source: "same", words: undefined },
] as const)("says of a model that is $source no figure of the base", ({ source, words }) => {
  const baseline = base([], { source, verdict: null, causes: [], message: "m is as it is." });
  const model = { ...passingModel(), baseline };
  const comment = renderComment(sampleReport({ verdict: "pass", exitCode: 0, models: [model] }), { jobKey: "k", fixScripts: [] });
  expect(comment).not.toContain("| Base | Result |");
  expect(comment.includes("new in this change")).toBe(words !== undefined);
  expect(comment).toContain("m is as it is.");
});

it("tells why there is no figure of the base beside what changed, in terminal and details", () => {
  const baseline = base([], {
    source: "unknown",
    verdict: null,
    message: "No figure of main (2b4c6d8): engines of it are not built again.",
  });
  const report = sampleReport({ models: [sampleModel({ baseline })] });
  const terminal = renderTerminal(report, { ansi: false, folder: "out" }).replaceAll(/\n {2}/g, " ");
  expect(terminal).toMatch(/suspected: 3 of 43 scales moved.*; No figure of main \(2b4c6d8\): engines of it are not built again\./);
  expect(renderComment(report, { jobKey: "k", fixScripts: [] })).toContain("engines of it are not built again");
});

it("holds the output's SQNR against the base where a score or a cosine decides, and names it", () => {
  const check = (metric: string, of: "score" | "tensor") => ({
    metric,
    of,
    value: 0.99,
    limit: 0.98,
    margin: 0.01,
    marginDb: 1,
    level: "pass" as const,
  });
  const line = (checks: MeasuredTensor["checks"]) => {
    const model = { ...passingModel(), outputs: [measured(34, { checks })], baseline: base([measured(36.2)]) };
    return renderComment(sampleReport({ verdict: "pass", exitCode: 0, models: [model] }), { jobKey: "k", fixScripts: [] });
  };
  for (const checks of [[check("cosine", "tensor")], [check("sqnrDb", "score")]])
    expect(line(checks)).toContain("· SQNR 34.0 dB, 2.2 dB below main's 36.2 dB ·");
});
