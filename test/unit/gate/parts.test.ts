import { describe, expect, test } from "vitest";
import { findingCaveats } from "../../../src/gate/caveats.ts";
import { judge } from "../../../src/gate/judge.ts";
import { limitsFor } from "../../../src/gate/limits.ts";
import type { Measurement, SampleFigures } from "../../../src/measure/measurement.ts";
import type { Metrics } from "../../../src/measure/metrics.ts";
import { bad, good, input, measured, tolerance } from "./judging.ts";

const range = (size: number) => ({ min: -size, max: size, mean: 0, std: size / 2 });
const part = (name: string, metrics: Metrics, parts: Partial<Measurement> = {}): Measurement =>
  measured("y", metrics, { part: { name, where: "[:, 4:9]" }, ...parts });
const output = (...parts: Measurement[]): Measurement => measured("y", good, { parts });
const verdictOf = (...args: Parameters<typeof input>) => judge(input(...args)).verdict;

describe("parts of an output", () => {
  test("are each judged by the output's limits: one that is lost is a regression that names it", () => {
    const { verdict, findings } = judge(input([output(part("boxes", good), part("scores", bad))]));
    expect(verdict).toMatchObject({ kind: "regression", reason: "part-limit-exceeded" });
    expect(verdict.message).toMatch(/^The part "scores" of "y" at \[:, 4:9\] has /);
    expect(findings[0]).toMatchObject({ tensor: "y", part: "scores", where: "[:, 4:9]", level: "fail" });
    expect(findings.filter(({ part, level }) => part === "boxes" && level !== "pass")).toEqual([]);
  });

  test("are not said to be hidden where the whole fails as well", () => {
    const { message } = verdictOf([measured("y", { sqnrDb: 18, cosine: 0.99 }, { parts: [part("scores", bad)] })]);
    expect(message).toMatch(/^The part "scores"/);
    expect(message).not.toContain("hides it");
  });

  test("only warn, or are not judged, where the tolerance says so", () => {
    const lost = [output(part("scores", bad))];
    const warned = judge(input(lost, { tolerance: tolerance({ parts: "warn" }) }));
    expect(warned.verdict.kind).toBe("pass");
    expect(findingCaveats(warned.findings)).toEqual([{ reason: "part-beyond", message: expect.stringContaining('The part "scores"') }]);
    expect(warned.findings[0]?.level).toBe("warn");
    expect(judge(input(lost, { tolerance: tolerance({ parts: "off" }) })).findings.every(({ level }) => level === "pass")).toBe(true);
  });

  test("that are silent on both sides have nothing to lose; one that the candidate fills has", () => {
    const whole = { reference: range(640), candidate: range(640) };
    const quiet = part("padding", bad, { reference: range(1e-4), candidate: range(2e-4) });
    const filled = part("padding", bad, { reference: range(1e-4), candidate: range(1) });
    expect(verdictOf([measured("y", good, { ...whole, parts: [quiet] })]).kind).toBe("pass");
    expect(verdictOf([measured("y", good, { ...whole, parts: [filled] })]).kind).toBe("regression");
  });

  test("have limits of their own where a pattern names them, and a waiver by their own name", () => {
    const tensors = [{ pattern: "scores", limits: { sqnrDb: { fail: 10 } } }];
    const lost = [output(part("scores", bad))];
    expect(judge(input(lost, { tolerance: tolerance({ tensors }) }))).toMatchObject({ verdict: { kind: "pass" }, unusedPatterns: [] });
    const waivers = [{ tensor: "scores", reason: "not used", until: "2026-12-31", place: "gate.yml:3" }];
    expect(verdictOf(lost, { waivers })).toMatchObject({ kind: "pass", reason: "waived" });
  });

  test("of class numbers are judged by agreement", () => {
    const ids = part("ids", { ...good, agreement: 0.6 }, { kind: "index" });
    expect(verdictOf([output(ids)])).toMatchObject({ kind: "regression", message: expect.stringContaining("agreement 60 %") });
  });
});

describe("the score behind a part", () => {
  const score = { metrics: { sqnrDb: 9, cosine: 0.95 }, clampedShare: 0.1, kind: "sigmoid" };
  const saturated = [output(part("boxes", good), part("scores", good, { score }))];

  test("warns where the part passes a limit that its score misses", () => {
    const { verdict, findings } = judge(input(saturated));
    expect(verdict.kind).toBe("pass");
    const warned = findings.find(({ metric, level }) => metric === "sqnrDb" && level === "warn");
    expect(warned).toMatchObject({ of: "score", part: "scores", where: "[:, 4:9]", value: 9, limit: 20 });
    expect(warned?.message).toMatch(/^the score of the part "scores" of "y" at .* some are saturated, which hides error\.$/);
  });

  test("gates where scores have limits of their own", () => {
    const verdictAt = (fail: number) => verdictOf(saturated, { tolerance: tolerance({ score: { sqnrDb: { fail } } }) });
    expect(verdictAt(10)).toMatchObject({ kind: "regression", reason: "score-limit-exceeded" });
    expect(verdictAt(8).kind).toBe("pass");
  });
});

describe("parts against the base", () => {
  const drops = tolerance({ baseline: { sqnrDb: { drop: 3 } } });
  const at = (name: string, where: string, sqnrDb: number) => part(name, { ...good, sqnrDb }, { part: { name, where } });
  const judged = (before: readonly Measurement[], parts: Parameters<typeof tolerance>[0] = {}) =>
    judge(
      input([output(at("boxes", "[:, 0:4]", 40), at("scores", "[:, 4:9]", 26))], {
        tolerance: { ...drops, ...parts },
        baseline: new Map([["y", output(...before)]]),
      }),
    );
  const boxes = at("boxes", "[:, 0:4]", 40);

  test("that lost more than the drop are a regression that names them, although whole and limits hold", () => {
    const { verdict, findings } = judged([boxes, at("scores", "[:, 4:9]", 29.1)]);
    expect(verdict).toMatchObject({ kind: "regression", reason: "baseline-drop" });
    expect(verdict.message).toMatch(
      /^The part "scores" of "y" at \[:, 4:9\] has SQNR 26 dB, beyond what the baseline's drop allows 26.1 dB\./,
    );
    expect(findings[0]).toMatchObject({ of: "baseline", part: "scores", where: "[:, 4:9]", value: 26, level: "fail" });
    expect(judged([boxes, at("scores", "[:, 4:9]", 29)]).verdict.kind).toBe("pass");
  });

  test("are found by their name at another place, and by their place under another name", () => {
    expect(judged([boxes, at("scores", "[:, 5:10]", 30)]).verdict.reason).toBe("baseline-drop");
    expect(judged([boxes, at("conv_71", "[:, 4:9]", 30)]).verdict.reason).toBe("baseline-drop");
    expect(judged([boxes, at("conv_71", "[:, 5:10]", 30)]).verdict.kind).toBe("pass");
  });

  test("only warn, or are not judged, where the tolerance says so of parts", () => {
    const before = [boxes, at("scores", "[:, 4:9]", 30)];
    const warned = judged(before, { parts: "warn" });
    expect(warned.verdict.kind).toBe("pass");
    expect(findingCaveats(warned.findings)).toEqual([{ reason: "part-beyond", message: expect.stringContaining('The part "scores"') }]);
    expect(judged(before, { parts: "off" }).findings.every(({ level }) => level === "pass")).toBe(true);
  });
});

describe("indices", () => {
  const ids = (agreement: number) => measured("ids", { ...good, agreement }, { kind: "index" });

  test("are judged by agreement, never by their distance", () => {
    expect([0.98, 0.99, 1].map((agreement) => verdictOf([ids(agreement)]).kind)).toEqual(["regression", "pass", "pass"]);
    const general = tolerance({ limits: { sqnrDb: { fail: 5 } } });
    expect(verdictOf([ids(0.5)], { tolerance: general }).kind).toBe("regression");
  });

  test("take no limit of distance from a pattern with wildcards, but from their own name", () => {
    const named = (pattern: string) => tolerance({ tensors: [{ pattern, limits: { sqnrDb: { fail: 5 } } }] });
    expect(limitsFor({ tensor: "ids", role: "output", kind: "index" }, named("*"))).toEqual({ agreement: { fail: 0.99 } });
    expect(limitsFor({ tensor: "ids", role: "output", kind: "index" }, named("ids"))).toEqual({ sqnrDb: { fail: 5 } });
  });

  test("leave quantities their own limits", () => {
    const tensors = [{ pattern: "*", limits: { agreement: { fail: 0.9 } } }];
    expect(limitsFor({ tensor: "y", role: "output" }, tolerance({ tensors }))).toEqual(tolerance().limits);
    expect(limitsFor({ tensor: "ids", role: "output", kind: "index" }, tolerance({ tensors }))).toEqual({ agreement: { fail: 0.9 } });
  });
});

describe("samples one by one", () => {
  const sample = (index: number, sqnrDb: number, isSilent = false): SampleFigures => ({
    sample: index,
    metrics: { sqnrDb, cosine: 0.9999 },
    isSilent,
  });
  const withSamples = (...perSample: SampleFigures[]) => [measured("y", good, { perSample })];

  test("that mostly miss the limit are a regression, whatever a loud one does to the pooled figure", () => {
    const { verdict, findings } = judge(input(withSamples(sample(0, 48), sample(1, 0), sample(2, 3), sample(3, 11))));
    expect(verdict).toMatchObject({ kind: "regression", reason: "samples-within" });
    expect(verdict.message).toMatch(/^Only 1 of 4 samples of "y" meets its limits by itself: sample 1 has SQNR 0 dB, sample 2 has/);
    expect(findings[0]?.samples).toEqual({
      within: 1,
      counted: 4,
      worst: [1, 2, 3].map((index, i) => ({ sample: index, metric: "sqnrDb", value: [0, 3, 11][i] })),
      // 9 dB beyond is bad, not ruined.
      ruined: [1, 2],
    });
  });

  test("of which some are ruined are a caveat that names them all, however many meet the limit", () => {
    const sound = Array.from({ length: 22 }, (_, i) => sample(i, 30));
    const { verdict, findings } = judge(input(withSamples(...sound, sample(22, -3), sample(23, 9.5))));
    expect(verdict.kind).toBe("pass");
    expect(findingCaveats(findings)).toEqual([
      {
        reason: "samples-beyond",
        message: expect.stringMatching(/^22 of 24 samples of "y" meet .*Ruined \(more than 10 dB beyond\): samples 22, 23\./),
      },
    ]);
    // Within 10 dB of the limit they are few and bad, as the share allows.
    expect(findingCaveats(judge(input(withSamples(...sound, sample(22, 11), sample(23, 12)))).findings)).toEqual([]);
  });

  test("whose share of equal entries misses a limit by much are not ruined: one flipped class of one is all of it", () => {
    const flipped = (index: number, top1Agreement: number): SampleFigures => ({
      sample: index,
      metrics: { top1Agreement },
      isSilent: false,
    });
    const y = measured("y", { top1Agreement: 0.95 }, { perSample: Array.from({ length: 20 }, (_, i) => flipped(i, i === 3 ? 0 : 1)) });
    const { findings } = judge(input([y], { tolerance: tolerance({ limits: { top1Agreement: { fail: 0.9 } } }) }));
    expect(findingCaveats(findings)).toEqual([]);
  });

  test("of which a few miss it are a caveat that names them", () => {
    const many = Array.from({ length: 7 }, (_, i) => sample(i, 30));
    const { verdict, findings } = judge(input(withSamples(...many, sample(7, 5))));
    expect(verdict.kind).toBe("pass");
    expect(findingCaveats(findings)).toEqual([{ reason: "samples-beyond", message: expect.stringContaining("Only 7 of 8 samples") }]);
    expect(findingCaveats(judge(input(withSamples(...many))).findings)).toEqual([]);
  });

  test("count as whole samples where these are worse off than their rows, which may be words of one sentence", () => {
    const rows = Array.from({ length: 40 }, (_, i) => sample(i, i % 10 === 0 ? 5 : 30));
    const feeds = Array.from({ length: 4 }, (_, i) => sample(i, 12));
    const { verdict, findings } = judge(input([measured("y", good, { perSample: rows, perFeed: feeds })]));
    expect(verdict).toMatchObject({ kind: "regression", reason: "samples-within" });
    expect(findings[0]?.samples).toMatchObject({ within: 0, counted: 4 });
    const sound = feeds.map((one) => ({ ...one, metrics: good }));
    expect(judge(input([measured("y", good, { perSample: rows, perFeed: sound })])).findings.at(-1)?.samples ?? {}).not.toMatchObject({
      counted: 4,
    });
  });

  test("without energy do not count", () => {
    expect(verdictOf(withSamples(sample(0, 30), sample(1, 30), ...[2, 3, 4].map((i) => sample(i, -Infinity, true)))).kind).toBe("pass");
  });

  test("decide after a pooled figure that fails", () => {
    const both = measured("y", { sqnrDb: 19, cosine: 0.9999 }, { perSample: [sample(0, 1), sample(1, 2)] });
    expect(verdictOf([both]).reason).toBe("limit-exceeded");
  });
});

describe("entries along an axis", () => {
  const entries = (sqnrDb: number[], weight = sqnrDb.map(() => 1)) => ({ axis: 2, sqnrDb, weight, absMax: sqnrDb.map(() => 1) });
  const of = (parts: Partial<Measurement>) => [measured("y", good, { samples: 1, elements: 100, ...parts })];

  test("that are lost are a caveat that names the worst", () => {
    const { verdict, findings } = judge(input(of({ entries: entries([40, 0.2, 30, 8]) })));
    expect(verdict.kind).toBe("pass");
    const message = expect.stringContaining('Entry 1 (and 1 more of 4) along axis 2 of "y" has SQNR 0.2 dB');
    expect(findingCaveats(findings)).toEqual([{ reason: "entry-lost", message }]);
    expect(findings[0]).toMatchObject({ of: "entry", level: "warn", part: "entry 1 of axis 2" });
  });

  const half = (count: number, lost: number) => entries(Array.from({ length: count }, (_, i) => (i < lost ? 0.5 : 30)));
  const caveatsOf = (parts: Partial<Measurement>) => findingCaveats(judge(input(of(parts))).findings).map(({ reason }) => reason);

  test("that is too long for a list are told by their number: one of 300 is chance, a twentieth is not", () => {
    const reference = { min: -3, max: 3, mean: 0, std: 1 };
    expect(caveatsOf({ elements: 3000, reference, countedEntries: [half(300, 14)] })).toEqual([]);
    expect(caveatsOf({ elements: 3000, reference, countedEntries: [half(300, 15)] })).toEqual(["entry-lost"]);
    // Classes of a classifier by pixel or step.
    expect(caveatsOf({ elements: 3000, countedEntries: [half(300, 150)] })).toEqual([]);
  });

  test("of single values are told by their number, where there are samples enough", () => {
    const reference = { min: -3, max: 3, mean: 0, std: 1 };
    const flat = { samples: 24, elements: 24 * 60, entries: half(60, 12), reference };
    expect(caveatsOf(flat)).toEqual(["entry-lost"]);
    expect(caveatsOf({ ...flat, samples: 15, elements: 15 * 60 })).toEqual([]);
    expect(caveatsOf({ ...flat, entries: half(60, 7) })).toEqual([]);
    // Of a classifier each is one class.
    expect(caveatsOf({ ...flat, reference: { min: 0, max: 1, mean: 0.5, std: 0.1 } })).toEqual([]);
    expect(caveatsOf({ ...flat, score: { metrics: good, clampedShare: 0, kind: "softmax" } })).toEqual([]);
  });

  test("are told along the first axis, which may be no batch, where there are samples enough", () => {
    const first = { countedEntries: [{ ...half(9, 1), axis: 0 }], elements: 9000 };
    expect(caveatsOf({ ...first, samples: 24 })).toEqual(["entry-lost"]);
    expect(caveatsOf({ ...first, samples: 8 })).toEqual([]);
  });

  test("that only vary, that are silent, or that hold one value a sample say nothing", () => {
    const quiet = { ...entries([40, 0.2], [1, 1e-9]), absMax: [1, 1e-9] };
    for (const parts of [{ entries: entries([40, 12]) }, { entries: quiet }, { entries: entries([40, 0]), elements: 2 }])
      expect(judge(input(of(parts))).findings.every(({ level }) => level === "pass")).toBe(true);
  });
});
