import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findingCaveats } from "../../../src/gate/caveats.ts";
import { judge, levelOf, nearestFinding } from "../../../src/gate/judge.ts";
import type { Waiver } from "../../../src/gate/verdict.ts";
import type { Fault } from "../../../src/measure/measurement.ts";
import { bad, good, input, measured, tolerance } from "./judging.ts";

const verdictOf = (...args: Parameters<typeof input>) => judge(input(...args)).verdict;

describe("limits", () => {
  test("pass where every metric is at its limit or better", () => {
    expect(verdictOf([measured("y", { sqnrDb: 20, cosine: 0.997 })])).toMatchObject({ kind: "pass", reason: "within-limits" });
  });

  test("a metric beyond its fail limit is a regression that says value, limit and next step", () => {
    const { verdict, findings } = judge(input([measured("y", { sqnrDb: 18.24, cosine: 0.9999 })]));
    expect(verdict).toMatchObject({ kind: "regression", reason: "limit-exceeded" });
    expect(verdict.message).toMatch(/^"y" has SQNR 18\.24 dB, beyond its limit 20 dB\. Take the fix/);
    expect(findings[0]).toMatchObject({ tensor: "y", level: "fail", metric: "sqnrDb", of: "tensor", value: 18.24, limit: 20 });
    expect(findings[0]?.margin).toBeCloseTo(-1.76, 9);
  });

  test("between fail and warn is a warning that passes, its margin counted to the fail limit", () => {
    const { verdict, findings } = judge(input([measured("y", { sqnrDb: 22, cosine: 0.9999 })]));
    expect(verdict.kind).toBe("pass");
    expect(findings.find(({ metric }) => metric === "sqnrDb")).toMatchObject({ level: "warn", limit: 20, margin: 2 });
    expect(levelOf(findings, "y")).toBe("warn");
  });

  test("work in each metric's own direction", () => {
    const limits = { maxAbs: { fail: 0.1 }, top1Agreement: { fail: 0.9 } };
    const verdict = (maxAbs: number, top1Agreement: number) =>
      verdictOf([measured("y", { maxAbs, top1Agreement })], { tolerance: tolerance({ limits }) }).kind;
    expect([verdict(0.1, 0.9), verdict(0.11, 1), verdict(0, 0.89)]).toEqual(["pass", "regression", "regression"]);
  });

  test("an infinite SQNR meets any limit, a negative infinite one none", () => {
    expect(verdictOf([measured("y", { sqnrDb: Number.POSITIVE_INFINITY, cosine: 1 })]).kind).toBe("pass");
    expect(verdictOf([measured("y", { sqnrDb: Number.NEGATIVE_INFINITY, cosine: 0 })]).kind).toBe("regression");
  });

  test("a limit on a metric that the tensor cannot have is undecided", () => {
    const limits = { argmaxAgreement: { fail: 0.9 } };
    expect(verdictOf([measured("y", good)], { tolerance: tolerance({ limits }) })).toMatchObject({
      kind: "undecided",
      reason: "metric-unavailable",
    });
  });

  test("without any limit nothing is decided", () => {
    expect(verdictOf([measured("y", good)], { tolerance: tolerance({ limits: {} }) })).toMatchObject({
      kind: "undecided",
      reason: "no-limits",
    });
  });

  test("no figures whatever pass unless they meet the limits", () => {
    const any = fc.double();
    fc.assert(
      fc.property(any, any, (sqnrDb, cosine) => {
        const { kind } = verdictOf([measured("y", { sqnrDb, cosine })]);
        expect(kind === "pass").toBe(sqnrDb >= 20 && cosine >= 0.997);
      }),
    );
  });
});

describe("patterns", () => {
  test("the first that matches replaces the general limits", () => {
    const tensors = [
      { pattern: "log*", limits: { sqnrDb: { fail: 10 } } },
      { pattern: "logits", limits: { sqnrDb: { fail: 40 } } },
    ];
    const kinds = (name: string) => verdictOf([measured(name, { sqnrDb: 15, cosine: 0.5 })], { tolerance: tolerance({ tensors }) }).kind;
    expect([kinds("logits"), kinds("other")]).toEqual(["pass", "regression"]);
  });

  test("layers are judged only where one names them, injected pairs never", () => {
    const layers = [measured("y", good), measured("conv", bad, { role: "layer" }), measured("conv", bad, { role: "injected" })];
    expect(verdictOf(layers).kind).toBe("pass");
    const named = tolerance({ tensors: [{ pattern: "conv", limits: { cosine: { fail: 0.99 } } }] });
    const { verdict, findings } = judge(input(layers, { tolerance: named }));
    expect(verdict).toMatchObject({ kind: "regression", reason: "layer-limit-exceeded" });
    expect(findings.filter(({ level }) => level === "fail")).toHaveLength(1);
  });

  test("that name nothing measured are listed", () => {
    const tensors = [
      { pattern: "y", limits: {} },
      { pattern: "renamed*", limits: {} },
    ];
    expect(judge(input([measured("y", good)], { tolerance: tolerance({ tensors }) })).unusedPatterns).toEqual(["renamed*"]);
  });
});

describe("what could not be measured", () => {
  const faults: readonly [Fault, string, string][] = [
    ["nonfinite-candidate", "regression", "nonfinite-candidate"],
    ["nonfinite-reference", "undecided", "nonfinite-reference"],
    ["nonfinite-both", "undecided", "nonfinite-both"],
    ["shape-mismatch", "undecided", "shape-mismatch"],
    ["type-mismatch", "undecided", "type-mismatch"],
    ["unequal-samples", "undecided", "unequal-samples"],
    ["empty", "undecided", "empty-tensor"],
  ];
  test.each(faults)("%s makes a %s", (fault, kind, reason) => {
    expect(verdictOf([measured("y", good, { fault })])).toMatchObject({ kind, reason });
  });

  test("a fault in a layer that no pattern names decides nothing", () => {
    expect(verdictOf([measured("y", good), measured("l", {}, { role: "layer", fault: "nonfinite-both" })]).kind).toBe("pass");
  });

  test("nothing compared is undecided, with the counts", () => {
    const coverage = { referenceTensors: 2, candidateTensors: 3, compared: 0, onlyReference: ["a", "b"], onlyCandidate: ["c", "d", "e"] };
    const { verdict } = judge(input([], { coverage, outputs: ["a"] }));
    expect(verdict).toMatchObject({ kind: "undecided", reason: "nothing-compared" });
    expect(verdict.message).toContain("2 tensors in the reference, 3 in the candidate");
  });

  test("layers alone are not a comparison of outputs", () => {
    expect(verdictOf([measured("l", good, { role: "layer" })])).toMatchObject({ kind: "undecided", reason: "nothing-compared" });
  });

  test("a final output on one side only is undecided", () => {
    const parts = { outputs: ["y", "z"], tolerance: tolerance({ minCoverage: 0.5 }) };
    expect(verdictOf([measured("y", good)], parts)).toMatchObject({ kind: "undecided", reason: "output-missing" });
  });

  test("coverage below its floor is undecided", () => {
    expect(verdictOf([measured("y", good)], { outputs: ["y", "z"] })).toMatchObject({ kind: "undecided", reason: "coverage" });
  });

  test("a coverage floor that is no number lets nothing pass", () => {
    expect(verdictOf([measured("y", good)], { tolerance: tolerance({ minCoverage: Number.NaN }) }).kind).toBe("undecided");
  });

  test("a certain regression decides before an undecided output", () => {
    expect(verdictOf([measured("y", bad), measured("z", {}, { fault: "empty" })]).kind).toBe("regression");
  });
});

describe("scores", () => {
  const saturated = measured("p", good, { score: { metrics: { sqnrDb: 9, cosine: 0.95 }, clampedShare: 0.1, kind: "softmax" } });

  test("warn where the output passes a limit that its score misses", () => {
    const { verdict, findings } = judge(input([saturated]));
    expect(verdict.kind).toBe("pass");
    const warning = findings.find(({ metric, of }) => metric === "sqnrDb" && of === "score");
    expect(warning).toMatchObject({ level: "warn", value: 9, limit: 20 });
    expect(warning?.message).toContain("saturated");
  });

  test("are a caveat where they are lost and the best classes change with them", () => {
    const lost = (top1Agreement: number, sqnrDb = 9, kind = "softmax") =>
      findingCaveats(
        judge(input([measured("p", { ...good, top1Agreement }, { score: { metrics: { sqnrDb }, clampedShare: 0, kind } })])).findings,
      );
    const message = expect.stringContaining('"p" has SQNR 9 dB, more than 10 dB beyond the limit 20 dB that its probabilities meet, and');
    expect(lost(0.85)).toEqual([{ reason: "score-lost", message }]);
    // The demo's classifier: 8.7 dB, and every class as before.
    expect(lost(1)).toEqual([]);
    expect(lost(0.85, 10.5)).toEqual([]);
    expect(lost(0.85, 9, "sigmoid")).toEqual([]);
  });

  test("gate where they have limits of their own", () => {
    const strict = tolerance({ score: { sqnrDb: { fail: 10 } } });
    expect(verdictOf([saturated], { tolerance: strict })).toMatchObject({ kind: "regression", reason: "score-limit-exceeded" });
    const loose = tolerance({ score: { sqnrDb: { fail: 8 } } });
    expect(verdictOf([saturated], { tolerance: loose }).kind).toBe("pass");
  });

  test("do not count towards the margin while they only warn", () => {
    expect(nearestFinding(judge(input([saturated])).findings)?.marginDb).toBeGreaterThan(0);
  });
});

describe("the baseline", () => {
  const drops = tolerance({ baseline: { sqnrDb: { drop: 3 }, maxAbs: { drop: 0.01 } } });
  const against = (before: number, now: number) =>
    verdictOf([measured("y", { sqnrDb: now, cosine: 1, maxAbs: 0 })], {
      tolerance: drops,
      baseline: new Map([["y", { metrics: { sqnrDb: before, maxAbs: 0 } }]]),
    });

  test("a loss beyond the drop is a regression although the limits are met", () => {
    expect(against(30, 26.9)).toMatchObject({ kind: "regression", reason: "baseline-drop" });
    expect(against(30, 27).kind).toBe("pass");
    expect(against(30, 45).kind).toBe("pass");
  });

  test("two infinite figures are no loss, losing an infinite one is", () => {
    expect(against(Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY).kind).toBe("pass");
    expect(against(Number.POSITIVE_INFINITY, 50).kind).toBe("regression");
  });

  test("a metric for which lower is better may not grow by more than the drop", () => {
    const parts = { tolerance: drops, baseline: new Map([["y", { metrics: { maxAbs: 0.02 } }]]) };
    expect(verdictOf([measured("y", { ...good, maxAbs: 0.035 })], parts).reason).toBe("baseline-drop");
    expect(verdictOf([measured("y", { ...good, maxAbs: 0.029 })], parts).kind).toBe("pass");
  });

  test("a baseline without the figure leaves the limits to judge", () => {
    expect(against(Number.NaN, 30).kind).toBe("pass");
    expect(against(Number.NaN, 10).reason).toBe("limit-exceeded");
  });
});

describe("waivers", () => {
  const waiver: Waiver = { tensor: "aux*", reason: "not used in production", until: "2026-11-24", place: "f:1" };
  const judged = (parts: Partial<Waiver>, today = "2026-11-24") =>
    judge(input([measured("y", good), measured("aux_1", bad)], { waivers: [{ ...waiver, ...parts }], today }));

  test("excuse a tensor up to and including their last day", () => {
    const { verdict, findings } = judged({});
    expect(verdict).toMatchObject({ kind: "pass", reason: "waived" });
    expect(levelOf(findings, "aux_1")).toBe("waived");
    expect(findings[0]?.waiver).toBe("not used in production");
    expect(judged({}, "2026-11-25").verdict.kind).toBe("regression");
  });

  test("excuse nothing without a reason, with a date that is none, or for another tensor", () => {
    for (const parts of [{ reason: " " }, { until: "soon" }, { until: "2026-1-1" }, { tensor: "au" }]) {
      expect(judged(parts).verdict.kind, JSON.stringify(parts)).toBe("regression");
    }
  });

  test("excuse an error, not a figure that is missing", () => {
    const { verdict } = judge(input([measured("aux", {}, { fault: "nonfinite-both" })], { waivers: [waiver] }));
    expect(verdict.kind).toBe("undecided");
  });
});

test("findings come worst first, by distance in dB of error", () => {
  const { findings } = judge(input([measured("a", { sqnrDb: 19, cosine: 1 }), measured("b", { sqnrDb: 12, cosine: 1 })]));
  expect(findings.slice(0, 2).map(({ tensor }) => tensor)).toEqual(["b", "a"]);
});

test("the margin of a judgement is its closest distance, negative for a regression and undefined for nothing", () => {
  expect(nearestFinding(judge(input([measured("a", { sqnrDb: 17, cosine: 1 })])).findings)?.marginDb).toBe(-3);
  expect(nearestFinding([])).toBeUndefined();
});
