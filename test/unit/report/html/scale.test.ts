import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { countScale, extent, niceScale } from "../../../../src/report/html/charts/scale.ts";

const hundredths = (min: number, max: number) => fc.integer({ min, max }).map((value) => value / 100);

describe("chart scales", () => {
  it("covers the data with round ticks and keeps the order", () => {
    fc.assert(
      fc.property(hundredths(-1e7, 1e7), hundredths(1, 1e7), (low, span) => {
        const scale = niceScale(low, low + span, 100, 0);
        expect(scale.low).toBeLessThanOrEqual(low + 1e-6);
        expect(scale.high).toBeGreaterThanOrEqual(low + span - 1e-6);
        expect(scale.at(low)).toBeGreaterThanOrEqual(scale.at(low + span));
        expect(scale.ticks.length).toBeGreaterThan(1);
        expect(scale.ticks.length).toBeLessThan(14);
      }),
    );
  });

  it("puts infinite values on the ends and NaN on the low end", () => {
    const scale = niceScale(0, 10, 0, 100);
    expect([Infinity, -Infinity, NaN, 5].map((value) => scale.at(value))).toEqual([100, 0, 0, 50]);
  });

  it("draws equal ends apart", () => {
    expect(niceScale(3, 3, 0, 100).at(3)).not.toBeNaN();
    expect(countScale(0, 0, 0, 100).at(0)).toBe(0);
  });

  it("counts in whole numbers and keeps its ends", () => {
    expect(countScale(0, 53, 0, 530, 8).ticks).toEqual([0, 10, 20, 30, 40, 50]);
    expect(countScale(1, 7, 0, 60, 7).ticks).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  it("knows no extent without a finite value", () => {
    expect(extent([NaN, Infinity])).toBeUndefined();
    expect(extent([3, NaN, -1])).toEqual([-1, 3]);
  });
});
