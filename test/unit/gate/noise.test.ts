import { describe, expect, test } from "vitest";
import { type Judgement, judge } from "../../../src/gate/judge.ts";
import { decideByMajority, decideUnderNoise, guardBandDb, isOutsideGuard, needsRebuild } from "../../../src/gate/noise.ts";
import { input, measured, tolerance } from "./judging.ts";

const at = (sqnrDb: number): Judgement => judge(input([measured("y", { sqnrDb, cosine: 1 })]));

/** Hands out one judgement a rebuild and counts them. */
function builds(...results: readonly Judgement[]) {
  const left = [...results];
  return async (): Promise<Judgement> => {
    const next = left.shift();
    if (!next) throw new Error("one rebuild too many");
    return next;
  };
}

describe("the guard band", () => {
  test("is absent where repeats are bit-identical", () => {
    expect(guardBandDb({ deterministic: true, guardDb: 3, betweenBuildsDb: [10], sqnrDb: 20 })).toBe(0);
  });

  test("is at least the configured one", () => {
    expect(guardBandDb({ deterministic: false, guardDb: 3, betweenBuildsDb: [], sqnrDb: 20 })).toBe(3);
    expect(guardBandDb({ deterministic: false, guardDb: 3, betweenBuildsDb: [80, Number.NaN, Number.POSITIVE_INFINITY], sqnrDb: 20 })).toBe(
      3,
    );
  });

  test("grows to what the builds themselves differ by", () => {
    expect(guardBandDb({ deterministic: false, guardDb: 1, betweenBuildsDb: [40, 30], sqnrDb: 20 })).toBeCloseTo(
      20 * Math.log10(1 + 10 ** -0.5),
      9,
    );
  });

  test("covers what the recorded rebuilds moved: 19.5 and 20.3 dB, 30 dB apart from each other", () => {
    expect(guardBandDb({ deterministic: false, guardDb: 0, betweenBuildsDb: [30], sqnrDb: 19.5 })).toBeGreaterThan(20.3 - 19.5);
  });
});

describe("whether a rebuild is needed", () => {
  test("only inside the band, on either side, and never for a margin that is no number", () => {
    expect([0.9, -0.9, 1, -1, Number.NaN].map((margin) => needsRebuild(margin, 1))).toEqual([true, true, false, false, false]);
  });

  test("not where something fails far beyond its limit, whatever else is near", () => {
    const { findings } = judge(input([measured("a", { sqnrDb: 5, cosine: 1 }), measured("b", { sqnrDb: 20.1, cosine: 1 })]));
    expect(isOutsideGuard(findings, 1)).toBe(true);
  });

  test("where a warning hides a fail limit close by", () => {
    expect(isOutsideGuard(at(20.5).findings, 1)).toBe(false);
    expect(isOutsideGuard(at(26).findings, 1)).toBe(true);
  });

  test("in a lane without noise never, not even exactly at the limit", () => {
    expect(isOutsideGuard(at(20).findings, 0)).toBe(true);
  });

  test("also near limits of other metrics, in dB of error", () => {
    const limits = { maxAbs: { fail: 0.1 } };
    const near = judge(input([measured("y", { maxAbs: 0.095 })], { tolerance: tolerance({ limits }) }));
    expect([isOutsideGuard(near.findings, 1), isOutsideGuard(near.findings, 0.4)]).toEqual([false, true]);
  });
});

describe("deciding under noise", () => {
  test("a firm result needs no rebuild", async () => {
    expect(await decideUnderNoise(at(30), 1, 3, builds())).toMatchObject({ verdict: { kind: "pass" }, votes: ["pass"], rebuilds: 0 });
  });

  test("three of four builds decide, and no more are built than needed", async () => {
    const decision = await decideUnderNoise(at(20.2), 1, 3, builds(at(20.4), at(20.1)));
    expect(decision).toMatchObject({ verdict: { kind: "pass" }, votes: ["pass", "pass", "pass"], rebuilds: 2 });
    const regression = await decideUnderNoise(at(20.2), 1, 3, builds(at(19.5), at(19.7), at(19.1)));
    expect(regression).toMatchObject({ verdict: { kind: "regression" }, rebuilds: 3 });
    expect(regression.judgement.findings[0]?.value).toBe(19.5);
  });

  test("a tie is undecided, with the votes in the message", async () => {
    const { verdict } = await decideUnderNoise(at(20.2), 1, 3, builds(at(19.5), at(20.2), at(19.9)));
    expect(verdict).toMatchObject({ kind: "undecided", reason: "inside-guard" });
    expect(verdict.message).toContain("pass, regression, pass, regression");
  });

  test("near a limit without permission to rebuild nothing is decided", async () => {
    expect((await decideUnderNoise(at(20.2), 1, 0, builds())).verdict).toMatchObject({ kind: "undecided", reason: "inside-guard" });
  });

  test("undecided builds vote for nobody", () => {
    expect(decideByMajority(["pass", "undecided", "pass", "undecided"])).toBeUndefined();
    expect(decideByMajority(["regression", "undecided", "regression"])).toBe("regression");
    expect(decideByMajority([])).toBeUndefined();
  });

  test("a failing rebuild is the caller's failure, not a vote", async () => {
    await expect(decideUnderNoise(at(20.2), 1, 3, () => Promise.reject(new Error("no engine")))).rejects.toThrow("no engine");
  });
});
