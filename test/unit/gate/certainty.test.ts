/** What a pass is worth whose limit lies inside the interval of its figure. */
import { describe, expect, it } from "vitest";
import { doubtCaveat, doubtOf, withCertainty } from "../../../src/gate/certainty.ts";
import { judge } from "../../../src/gate/judge.ts";
import type { Tolerance } from "../../../src/gate/verdict.ts";
import type { Interval } from "../../../src/measure/intervals.ts";
import type { Measurement } from "../../../src/measure/measurement.ts";
import { input, measured, tolerance } from "./judging.ts";

const limits = { sqnrDb: { fail: 20 } };
const output = (sqnrDb: number, interval: Interval, parts: Partial<Measurement> = {}): Measurement =>
  measured("y", { sqnrDb }, { samples: 32, interval: (metric) => (metric === "sqnrDb" ? interval : undefined), ...parts });

function judged(measurement: Measurement, own: Partial<Tolerance> = {}) {
  const { verdict, findings } = judge(input([measurement], { tolerance: tolerance({ limits, ...own }) }));
  const doubt = doubtOf(findings, [measurement]);
  return { verdict: withCertainty(verdict, doubt), doubt };
}

describe("a pass", () => {
  it("is plain where its interval clears the limit", () => {
    expect(judged(output(23, { low: 20.4, high: 25 }))).toMatchObject({ verdict: { kind: "pass" }, doubt: undefined });
  });

  it("is a pass with a caveat where the interval reaches a little beyond it", () => {
    const { verdict, doubt } = judged(output(21, { low: 19.2, high: 23 }));
    expect(verdict).toMatchObject({ kind: "pass", reason: "within-limits" });
    expect(doubt && doubtCaveat(doubt).message).toBe(
      'SQNR 21 dB of "y", limit 20 dB: met on these 32 samples. The limit lies inside its 90 % interval over samples, 19.2 dB to 23 dB: about 104 samples would settle it (32 now). Give more validation samples of real use.',
    );
  });

  it("is undecided where the samples do not rule out a model that is clearly beyond the limit", () => {
    expect(judged(output(21, { low: 18.9, high: 24 })).verdict).toMatchObject({ kind: "undecided", reason: "limit-in-interval" });
  });

  it("is judged by its least sure figure, parts included", () => {
    const part = output(22, { low: 18, high: 24 }, { part: { name: "scores", where: "[:, 4:]" } });
    const { verdict } = judged(output(30, { low: 28, high: 31 }, { parts: [part] }));
    expect(verdict.kind).toBe("undecided");
    expect(verdict.message).toContain('"scores" of "y"');
  });

  it("stays where only a warning limit lies inside the interval", () => {
    const { verdict, doubt } = judged(output(26, { low: 22, high: 30 }), { limits: { sqnrDb: { warn: 25 } } });
    expect(verdict.kind).toBe("pass");
    expect(doubt?.lowDb).toBe(-3);
  });

  it("is not doubted for what may be lost against the baseline: both were measured on the same samples", () => {
    const y = output(24, { low: 21, high: 27 });
    const rules = {
      tolerance: tolerance({ limits, baseline: { sqnrDb: { drop: 3 } } }),
      baseline: new Map([["y", { metrics: { sqnrDb: 26 } }]]),
    };
    expect(doubtOf(judge(input([y], rules)).findings, [y])).toBeUndefined();
  });
});

it("leaves a regression as it is", () => {
  expect(judged(output(19.5, { low: 17, high: 22 })).verdict).toMatchObject({ kind: "regression", reason: "limit-exceeded" });
});
