import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { entropyAmax, entropyBins } from "../../../src/calibration/entropy.ts";
import { emptyHistogram, type Histogram } from "../../../src/calibration/histogram.ts";

const histogram = (counts: readonly number[], range = 1): Histogram => ({
  ...emptyHistogram(entropyBins),
  range,
  amax: range,
  counts: Float64Array.from({ length: entropyBins }, (_, i) => counts[i] ?? 0),
});

/** The published procedure, bin by bin, without prefix sums. */
function divergence(counts: readonly number[], bins: number): number {
  const total = counts.reduce((a, b) => a + b, 0);
  const p = counts.slice(0, bins);
  p[bins - 1] = (p[bins - 1] ?? 0) + counts.slice(bins).reduce((a, b) => a + b, 0);
  const q = new Array<number>(bins).fill(0);
  for (let level = 0; level < 128; level++) {
    const [from, to] = [Math.floor((bins * level) / 128), Math.floor((bins * (level + 1)) / 128)];
    const inside = counts.slice(from, to);
    const filled = inside.filter((count) => count > 0).length;
    const sum = inside.reduce((a, b) => a + b, 0);
    inside.forEach((count, i) => {
      if (count > 0) q[from + i] = sum / filled;
    });
  }
  return p.reduce(
    (kl, value, i) => kl + (value > 0 ? (value / total) * Math.log(value / ((q[i] ?? 0) > 0 ? (q[i] ?? 0) : 1e-30 * total)) : 0),
    0,
  );
}

function plainAmax(counts: readonly number[]): number {
  let best = { bins: 0, kl: Number.POSITIVE_INFINITY };
  for (let bins = 128; bins <= entropyBins; bins++) {
    if (counts.slice(0, bins).every((count) => count === 0)) continue;
    const kl = divergence(counts, bins);
    if (kl < best.kl - 1e-12) best = { bins, kl };
  }
  return (best.bins + 0.5) / entropyBins;
}

const gaussian = (sigma: number): number[] =>
  Array.from({ length: entropyBins }, (_, i) => Math.round(1e5 * Math.exp(-((i / sigma) ** 2) / 2)));

describe("entropy calibration", () => {
  test("chooses what the published procedure chooses", () => {
    const shapes = [
      gaussian(400),
      gaussian(150).map((count, i) => (i === 2000 ? 5 : count)),
      Array.from({ length: entropyBins }, (_, i) => (i * 7919) % 13),
    ];
    for (const counts of shapes) expect(entropyAmax(histogram(counts))).toBeCloseTo(plainAmax(counts), 9);
  });

  test("clips a long thin tail that min-max keeps", () => {
    const counts = gaussian(100);
    counts[2047] = 1;
    const amax = entropyAmax(histogram(counts));
    expect(amax).toBeLessThan(0.5);
    expect(amax).toBeGreaterThan(0.1);
  });

  test("keeps the whole range of values that fill it evenly", () => {
    expect(entropyAmax(histogram(new Array<number>(entropyBins).fill(50)))).toBeCloseTo(1, 3);
  });

  test("gives half a bin more than its last bin, as TensorRT's own scales have it", () => {
    expect(entropyAmax(histogram(new Array<number>(entropyBins).fill(50), 2))).toBe((2048.5 / 2048) * 2);
  });

  test("has no range for nothing", () => {
    expect(entropyAmax(histogram([]))).toBe(0);
  });

  test("always ends inside the range, from the smallest candidate to the last bin's edge", () => {
    const counts = fc.array(fc.nat(1_000), { minLength: 1, maxLength: entropyBins }).filter((values) => values.some((value) => value > 0));
    fc.assert(
      fc.property(counts, (values) => {
        const amax = entropyAmax(histogram(values));
        expect(amax).toBeGreaterThanOrEqual(128.5 / 2048);
        expect(amax).toBeLessThanOrEqual(2048.5 / 2048);
      }),
      { numRuns: 30 },
    );
  });
});
