/** What a pass is worth whose limit lies inside the interval of its figure. */
import { describe, expect, it } from "vitest";
import { doubtCaveat, doubtOf, settlingStep, withCertainty } from "../../../src/gate/certainty.ts";
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
    const { verdict, doubt } = judged(output(21, { low: 19.8, high: 23 }));
    expect(verdict).toMatchObject({ kind: "pass", reason: "within-limits" });
    expect(doubt && doubtCaveat(doubt).message).toBe(
      'SQNR 21 dB of "y", limit 20 dB: met on these 32 samples. The limit lies inside its 90 % interval over samples, 19.8 dB to 23 dB: about 47 samples would settle it (32 now). Give 47 validation samples or more.',
    );
  });

  it("is undecided where the samples do not rule out a model that is clearly beyond the limit", () => {
    expect(judged(output(21, { low: 19.7, high: 24 })).verdict).toMatchObject({ kind: "undecided", reason: "limit-in-interval" });
  });

  it.each([
    [undefined, "Give 62 validation samples or more."],
    [64, "Give 62 validation samples or more."],
    [48, "Give 62 validation samples or more, and set `max-samples: 62`."],
    // However many are given, 32 are used.
    [32, "Set `max-samples: 62` (it is 32), and give 62 validation samples or more."],
  ])("names how many samples settle it, where at most %s are used", (cap, step) => {
    // 1.05 dB of error at 21.05 dB and 1.45 dB to the interval's worse end: 32 (1.45 / 1.05)² = 61.02.
    const one = output(21.05, { low: 19.6, high: 24 });
    const { verdict, findings } = judge(input([one], { tolerance: tolerance({ limits }) }));
    const { message } = withCertainty(verdict, doubtOf(findings, [one], { waivers: [], today: "", cap }));
    expect(message).toContain(`(32 now). ${step} Or set a limit that these can tell.`);
    expect(settlingStep(message)).toBe(step);
  });

  it("asks for no samples and no other limit where the figure lies on its limit", () => {
    const { verdict } = judged(output(20.1, { low: 19, high: 24 }));
    expect(verdict).toMatchObject({ kind: "undecided", reason: "limit-in-interval" });
    const step = "Mend the accuracy: calibrate anew, or keep units in higher precision.";
    expect(verdict.message).toMatch(new RegExp(`: the figure lies on the limit, and more samples would hardly settle it\\. ${step}$`));
    expect(settlingStep(verdict.message)).toBe(step);
  });

  it("says which of two limits it is about", () => {
    const both = { limits: { sqnrDb: { fail: 20, warn: 25 } } };
    expect(judged(output(21, { low: 19.7, high: 24 }), both).verdict.message).toContain('SQNR 21 dB of "y", fail limit 20 dB: met');
    const { doubt } = judged(output(26, { low: 22, high: 30 }), { limits: { sqnrDb: { warn: 25 } } });
    expect(doubt && doubtCaveat(doubt).message).toContain('SQNR 26 dB of "y", warning limit 25 dB: met');
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

  it("is undone by a fail limit also where a limit that only warns lies farther inside its interval", () => {
    const both = measured(
      "y",
      { sqnrDb: 26, cosine: 0.9975 },
      {
        samples: 32,
        interval: (metric) => (metric === "sqnrDb" ? { low: 16, high: 36 } : { low: 0.99, high: 0.9995 }),
      },
    );
    const { verdict } = judged(both, { limits: { sqnrDb: { warn: 25 }, cosine: { fail: 0.997 } } });
    expect(verdict).toMatchObject({ kind: "undecided", reason: "limit-in-interval" });
    expect(verdict.message).toContain("Cosine 0.9975");
  });

  it("is undone by a fail limit that is the warning limit as well", () => {
    const same = { limits: { sqnrDb: { fail: 20, warn: 20 } } };
    expect(judged(output(21, { low: 17, high: 25 }), same).verdict.reason).toBe("limit-in-interval");
  });

  it("stays where only a part is in doubt, and parts only warn", () => {
    const part = output(22, { low: 18, high: 24 }, { part: { name: "scores", where: "[:, 4:]" } });
    expect(judged(output(30, { low: 28, high: 31 }, { parts: [part] }), { parts: "warn" }).verdict.kind).toBe("pass");
  });

  it("stays where the doubtful tensor is waived: a miss would be excused as well", () => {
    const y = output(21, { low: 17, high: 25 });
    const rules = { waivers: [{ tensor: "y*", reason: "not used", until: "2026-12-31", place: "" }], today: "2026-11-24" };
    const { verdict, findings } = judge(input([y], { tolerance: tolerance({ limits }), ...rules }));
    expect(withCertainty(verdict, doubtOf(findings, [y], rules)).kind).toBe("pass");
    const late = { ...rules, today: "2027-01-01" };
    expect(withCertainty(verdict, doubtOf(findings, [y], late)).kind).toBe("undecided");
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
