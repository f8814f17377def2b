import { describe, expect, test } from "vitest";
import { accumulate } from "../../../src/measure/accumulate.ts";
import { intervalOf, percentileInterval } from "../../../src/measure/intervals.ts";
import { metrics } from "../../../src/measure/metrics.ts";
import { normalCdf, normalQuantile, studentQuantile } from "../../../src/measure/quantiles.ts";
import { seededRandom } from "../../../src/measure/random.ts";
import { emptySums, poolSums, type Sums } from "../../../src/measure/sums.ts";

/** Errors that differ a hundredfold between samples, as those of real models do. */
function samples(count: number, seed: number): Sums[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => {
    const error = 10 ** (-1 - 2 * random());
    const reference = Float64Array.from({ length: 20 }, () => random() * 2 - 1);
    const candidate = reference.map((value) => value + error * (random() * 2 - 1));
    const sums = emptySums();
    accumulate(sums, reference, candidate, 20, { atol: 1e-5, rtol: 1e-5 });
    return sums;
  });
}

describe("an interval over samples", () => {
  test("holds the figure, narrows with more samples and repeats", () => {
    const widths = [16, 64, 256].map((count) => {
      const few = samples(count, 1);
      const { low, high } = intervalOf(few, "sqnrDb", 7) ?? { low: Number.NaN, high: Number.NaN };
      const figure = metrics.sqnrDb.value(poolSums(few));
      expect(low).toBeLessThan(figure);
      expect(high).toBeGreaterThan(figure);
      expect(intervalOf(few, "sqnrDb", 7)).toEqual({ low, high });
      return high - low;
    });
    expect(widths).toEqual(widths.toSorted((a, b) => b - a));
  });

  test("holds about nine of ten figures on 512 fresh samples, where a percentile interval holds fewer", () => {
    let [held, byPercentile] = [0, 0];
    const trials = 200;
    for (let trial = 0; trial < trials; trial++) {
      const few = samples(32, 1000 + trial);
      const fresh = metrics.sqnrDb.value(poolSums(samples(512, 5000 + trial)));
      const { low, high } = intervalOf(few, "sqnrDb", trial) ?? { low: Number.NaN, high: Number.NaN };
      const percentile = percentileInterval(few, "sqnrDb", trial);
      if (low <= fresh && fresh <= high) held++;
      if (percentile.low <= fresh && fresh <= percentile.high) byPercentile++;
    }
    expect(held / trials).toBeGreaterThan(0.85);
    expect(held / trials).toBeLessThan(0.97);
    expect(byPercentile).toBeLessThan(held);
  });

  test("is none of a single sample, of an extreme, of identical tensors", () => {
    const same = Array.from({ length: 4 }, () => {
      const sums = emptySums();
      accumulate(sums, Float64Array.of(1, 2), Float64Array.of(1, 2), 2, { atol: 0, rtol: 0 });
      return sums;
    });
    expect(intervalOf(samples(1, 1), "sqnrDb", 1)).toBeUndefined();
    expect(intervalOf(samples(9, 1), "maxAbs", 1)).toBeUndefined();
    expect(intervalOf(same, "sqnrDb", 1)).toBeUndefined();
    expect(intervalOf(same, "cosine", 1)).toEqual({ low: 1, high: 1 });
  });
});

// scipy 1.16: norm.cdf, t.ppf.
test("quantiles are those of scipy", () => {
  expect([-3, 0.5, 2].map(normalCdf)).toEqual([1.3498980316e-3, 0.691462461274, 0.977249868052].map((value) => expect.closeTo(value, 6)));
  expect(normalCdf(normalQuantile(0.04))).toBeCloseTo(0.04, 9);
  const wanted = [-7.915815088, -3.319764048, -2.605426823, -2.046011109, -1.877738665, -1.779386076];
  for (const [i, freedom] of [1, 2, 3, 7, 15, 63].entries())
    expect(studentQuantile(0.04, freedom)).toBeCloseTo(wanted[i] ?? 0, freedom === 3 ? 2 : 3);
});
