import { describe, expect, it } from "vitest";
import { taskWords } from "../../../src/gate/task-figures.ts";
import { spareDb, spareWords } from "../../../src/model/spare.ts";
import { formatInterval, formatLimit, formatMargin, formatMetric } from "../../../src/report/figures.ts";

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

  it.each([
    ["cosine", 0.99998, 0.99999],
    ["cosine", 0.9999896, 0.99999],
    ["cosine", 0.9999999, 0.99999],
    ["sqnrDb", 24.98, 25],
    ["sqnrDb", 24.9996, 25],
    ["top1Agreement", 0.98996, 0.99],
    ["maxAbs", 0.100004, 0.1],
  ] as const)("writes %s %s beside its limit %s with digits that tell them apart", (metric, value, limit) => {
    const numberIn = (text: string) => Number(text.replaceAll("−", "-").replace(/ (dB|%)$/, "")) / (text.endsWith("%") ? 100 : 1);
    const better = formatLimit(metric, limit).startsWith("≥") ? 1 : -1;
    const shown = numberIn(formatMetric(metric, value, limit));
    expect(Math.sign(shown - limit)).toBe(Math.sign(value - limit));
    const margin = numberIn(formatMargin(metric, better * (value - limit)));
    expect(Math.sign(margin)).toBe(better * Math.sign(value - limit));
  });

  it("writes an interval that ends at the limit with digits that tell them apart", () => {
    expect(formatInterval("cosine", { low: 0.999982, high: 0.999995 }, 0.99999)).toBe("0.99998 to 1.0000");
    expect(formatInterval("sqnrDb", { low: 19.8, high: 21.5 }, 20)).toBe("19.8 to 21.5");
  });

  it("writes dB of error as what is to spare, or too much", () => {
    expect([9.9, 0.412, -1.25, -0.0004, Number.POSITIVE_INFINITY].map(spareWords)).toEqual([
      "9.9 dB of error to spare",
      "0.41 dB of error to spare",
      "1.3 dB of error too much",
      "0.0004 dB of error too much",
      "∞ dB of error to spare",
    ]);
    expect(spareDb(-0.4)).toBe("−0.4 dB");
  });
});

describe("the figures of a user's own metric", () => {
  const words = (reference: number, candidate: number, maxDrop: number) =>
    taskWords({ reference, candidate, drop: reference - candidate, maxDrop });

  it("have one rounding", () => {
    expect(words(1, 0.921875, 0.02)).toEqual({ reference: "1", candidate: "0.922", drop: "0.078", maxDrop: "0.02", margin: "−0.058" });
    expect(words(0.7613, 0.7609, 0.01)).toMatchObject({ reference: "0.7613", candidate: "0.7609", drop: "0.0004", margin: "+0.0096" });
    expect(words(31.25, 31.5, 1)).toMatchObject({ drop: "−0.25", margin: "+1.25" });
    expect(words(12345.6, 12000, 400)).toMatchObject({ reference: "12346", candidate: "12000", drop: "346" });
  });

  it("have more digits where fewer would put the drop on its limit, or make it nothing", () => {
    expect(words(1, 0.97996, 0.02).drop).toBe("0.02004");
    expect(words(1, 0.99997, 0.02).drop).toBe("0.00003");
    expect(words(0, 0, 0)).toMatchObject({ reference: "0", drop: "0", margin: "+0" });
  });
});
