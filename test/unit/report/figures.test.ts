import { describe, expect, it } from "vitest";
import { formatLimit, formatMargin, formatMetric } from "../../../src/report/figures.ts";

describe("figures in words", () => {
  it.each([
    ["sqnrDb", 18.42, "18.4 dB"],
    ["sqnrDb", "Infinity", "identical"],
    ["sqnrDb", "-Infinity", "−∞ dB"],
    ["sqnrDb", "NaN", "NaN"],
    ["sqnrDb", -0.04, "0.0 dB"],
    ["sqnrDb", -3.2, "−3.2 dB"],
    ["cosine", 0.99284, "0.9928"],
    ["maxAbs", 0.09213, "0.0921"],
    ["maxAbs", 0.0000123, "1.23e−5"],
    ["maxRel", 1234567, "1.23e+6"],
    ["maxAbs", 0, "0"],
    ["top1Agreement", 0.985, "98.5 %"],
    ["sqnrDb", undefined, "–"],
    ["sqnrDb", null, "–"],
  ] as const)("writes %s %s as %s", (metric, value, words) => {
    expect(formatMetric(metric, value)).toBe(words);
  });

  it("writes limits with their direction and as their author wrote them", () => {
    expect([
      formatLimit("sqnrDb", 20),
      formatLimit("maxAbs", 0.1),
      formatLimit("cosine", 0.997),
      formatLimit("top1Agreement", 0.99),
      formatLimit("sqnrDb", undefined),
    ]).toEqual(["≥ 20 dB", "≤ 0.1", "≥ 0.997", "≥ 99 %", "–"]);
  });

  it("writes margins with a sign, a broken one as NaN", () => {
    expect([
      formatMargin("sqnrDb", -1.58),
      formatMargin("sqnrDb", 11.94),
      formatMargin("maxAbs", 0),
      formatMargin("sqnrDb", "NaN"),
      formatMargin("sqnrDb", "-Infinity"),
    ]).toEqual(["−1.58 dB", "+11.9 dB", "0", "NaN", "−∞ dB"]);
  });
});
