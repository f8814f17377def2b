import { describe, expect, test } from "vitest";
import { settling, settlingText, worstEndDb } from "../../../src/gate/intervals.ts";
import { judge } from "../../../src/gate/judge.ts";
import type { Finding } from "../../../src/gate/verdict.ts";
import type { Interval } from "../../../src/measure/intervals.ts";
import { input, measured } from "./judging.ts";

const finding = (value: number): Finding => ({
  tensor: "y",
  of: "tensor",
  level: value < 20 ? "fail" : "pass",
  metric: "sqnrDb",
  value,
  limit: 20,
  margin: value - 20,
  marginDb: value - 20,
  message: "",
});

describe("a limit inside the interval", () => {
  test("is settled by as many samples as narrow the interval to the figure's side", () => {
    // Half the distance: four times the samples.
    expect(settling(finding(21), { low: 19, high: 24 }, 32)?.samples).toBe(128);
    expect(settling(finding(19), { low: 17, high: 22 }, 32)?.samples).toBe(32 * 9);
  });

  test("is settled by no known number where the figure is at the limit", () => {
    expect(settling(finding(20), { low: 19, high: 24 }, 32)).toMatchObject({ samples: undefined });
    // 1 dB of reach at 0.25 dB: 16 times; at 0.2 dB: 25 times.
    expect(settling(finding(20.25), { low: 19.25, high: 21.25 }, 96)?.samples).toBe(16 * 96);
    const onLimit = settling(finding(20.2), { low: 19.2, high: 21.2 }, 96);
    expect(onLimit).toMatchObject({ samples: undefined });
    expect(onLimit && settlingText(finding(20.2), onLimit, 96)).toMatch(
      /: the figure lies on the limit, and more samples would hardly settle it\.$/,
    );
  });

  test("is nothing where it lies outside", () => {
    expect(settling(finding(25), { low: 22, high: 29 }, 32)).toBeUndefined();
    expect(settling(finding(25), undefined, 32)).toBeUndefined();
  });

  test("is said to be rough where few samples tell it, and only there", () => {
    const open = { interval: { low: 19, high: 24 }, samples: 128 };
    expect(settlingText(finding(21), open, 8)).toMatch(
      /, 19 dB to 24 dB \(rough, from 8 samples: at 16 .*, at fewer less\): about 128 samples would settle it \(8 now\)\.$/,
    );
    expect(settlingText(finding(21), open, 400)).not.toContain("rough");
  });

  test("stands in a regression's sentence, with the metric that decides", () => {
    const of = (interval: Interval) => {
      const y = measured(
        "y",
        { sqnrDb: 26, cosine: 0.9969 },
        { samples: 40, interval: (metric) => (metric === "cosine" ? interval : undefined) },
      );
      return judge(input([y])).verdict.message;
    };
    expect(of({ low: 0.9962, high: 0.998 })).toContain(
      '"y" has cosine 0.9969, beyond its limit 0.997. The limit lies inside its 90 % interval over samples, 0.9962 to 0.998: the figure lies on the limit',
    );
    expect(of({ low: 0.9962, high: 0.99695 })).not.toContain("interval");
  });

  test("says of few samples what such an interval holds", () => {
    const y = (samples: number) => measured("y", { sqnrDb: 19, cosine: 1 }, { samples, interval: () => ({ low: 17, high: 22 }) });
    expect(judge(input([y(16)])).verdict.message).toContain("rough, from 16 samples: at 16 it holds 83 to 92 % of fresh figures)");
    expect(judge(input([y(8)])).verdict.message).toContain("of fresh figures, at fewer less)");
    expect(judge(input([y(32)])).verdict.message).not.toContain("rough");
  });
});

test("the worse end of an interval is that on the limit's side, whichever way the metric is better", () => {
  expect(worstEndDb(finding(25), { low: 21, high: 30 })).toBe(1);
  const error: Finding = { ...finding(25), metric: "maxAbs", value: 0.05, limit: 0.1 };
  expect(worstEndDb(error, { low: 0.04, high: 0.2 })).toBeCloseTo(-6.0206, 3);
  expect(worstEndDb(finding(25), undefined)).toBe(5);
});
