import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addValues, emptyHistogram, largestMagnitude } from "../../../src/calibration/histogram.ts";
import { percentileAmax, percentileBins } from "../../../src/calibration/percentile.ts";

const fill = (bins: number, ...batches: readonly (readonly number[])[]) => {
  const histogram = emptyHistogram(bins);
  for (const batch of batches) addValues(histogram, batch, largestMagnitude(batch));
  return histogram;
};
const total = (counts: Float64Array): number => counts.reduce((a, b) => a + b, 0);
const finite = fc.double({ min: -1e6, max: 1e6, noNaN: true });

describe("the histogram of magnitudes", () => {
  test("loses no value while its range doubles", () => {
    fc.assert(
      fc.property(fc.array(fc.array(finite, { minLength: 1 }), { minLength: 1 }), (batches) => {
        const histogram = fill(64, ...batches);
        const values = batches.flat();
        expect(total(histogram.counts) + histogram.zeros).toBe(values.length);
        expect(histogram.amax).toBe(largestMagnitude(values));
        expect(histogram.range).toBeGreaterThanOrEqual(histogram.amax);
      }),
    );
  });

  test("merges bins in pairs where its range doubles", () => {
    const late = fill(8, [1, 0.05, 0.3], [3.9, 0.6]);
    expect(late.range).toBe(4);
    expect([...late.counts]).toEqual([2, 2, 0, 0, 0, 0, 0, 1]);
  });

  test("keeps exact zeros apart and puts the largest value into the last bin", () => {
    const { zeros, counts } = fill(4, [0, -0, 1, -1, 0.3]);
    expect({ zeros, counts: [...counts] }).toEqual({ zeros: 2, counts: [0, 1, 0, 2] });
  });

  test("of zeros alone has no range", () => {
    expect(fill(4, [0, 0])).toMatchObject({ range: 0, amax: 0, zeros: 2 });
  });

  test("sees NaN and infinite values before they are counted", () => {
    expect(largestMagnitude([1, Number.NaN, 2])).toBeNaN();
    expect(largestMagnitude([1, Number.NEGATIVE_INFINITY])).toBe(Number.POSITIVE_INFINITY);
    expect(largestMagnitude([])).toBe(0);
  });
});

describe("percentile calibration", () => {
  test("is within a bin of the exact percentile", () => {
    const values = Array.from({ length: 20_000 }, (_, i) => Math.sin(i) ** 5 * 10);
    const sorted = values.map(Math.abs).toSorted((a, b) => a - b);
    const histogram = fill(percentileBins, values.slice(0, 100), values.slice(100));
    for (const percentile of [50, 90, 99, 99.9]) {
      const exact = sorted[Math.ceil((sorted.length * percentile) / 100) - 1] ?? Number.NaN;
      expect(Math.abs(percentileAmax(histogram, percentile) - exact), String(percentile)).toBeLessThan(histogram.range / percentileBins);
    }
  });

  test("of 100 is the largest magnitude, exactly", () => {
    expect(percentileAmax(fill(percentileBins, [0.1, -0.7]), 100)).toBe(0.7);
  });

  test("counts zeros: a mostly-zero tensor keeps its few values only at a high percentile", () => {
    const values = [...new Array<number>(99).fill(0), 5];
    expect(percentileAmax(fill(percentileBins, values), 99.5)).toBeGreaterThan(4.9);
    expect(percentileAmax(fill(percentileBins, values), 50)).toBeLessThan(5);
  });

  test("of nothing is zero", () => {
    expect(percentileAmax(emptyHistogram(percentileBins), 99)).toBe(0);
  });
});
