/**
 * How much a pooled figure depends on which samples were taken: bootstrap over samples, and the share of the error that few of them carry.
 * Printed beside the figure; it gates nothing by itself.
 */
import type { Spread } from "./measurement.ts";
import { metrics } from "./metrics.ts";
import { seededRandom } from "./random.ts";
import { emptySums, mergeSums, poolSums, type Sums } from "./sums.ts";

const defaultResamples = 400;

/** Undefined for fewer than two samples. Standard deviations leave out resamples whose figure is not finite (identical tensors); 0 when none is. */
export function spreadOf(perSample: readonly Sums[], seed: number, resamples = defaultResamples): Spread | undefined {
  if (perSample.length < 2) return undefined;
  const random = seededRandom(seed);
  const sqnr: number[] = [];
  const cosines: number[] = [];
  for (let round = 0; round < resamples; round++) {
    const pooled = resample(perSample, random);
    sqnr.push(metrics.sqnrDb.value(pooled));
    cosines.push(metrics.cosine.value(pooled));
  }
  return {
    sqnrDbSd: deviation(sqnr),
    cosineSd: deviation(cosines),
    worstShare: worstShare(perSample, 1),
    worst3Share: worstShare(perSample, 3),
  };
}

function resample(perSample: readonly Sums[], random: () => number): Sums {
  const pooled = emptySums();
  for (let draw = 0; draw < perSample.length; draw++) {
    const picked = perSample[Math.floor(random() * perSample.length)];
    if (picked) mergeSums(pooled, picked);
  }
  return pooled;
}

/** Part of the error energy in the `count` worst samples, 0 to 1; 0 where there is no error. */
function worstShare(perSample: readonly Sums[], count: number): number {
  const total = poolSums(perSample).errorEnergy;
  const worst = perSample
    .map((sums) => sums.errorEnergy)
    .toSorted((a, b) => b - a)
    .slice(0, count)
    .reduce((sum, energy) => sum + energy, 0);
  return total > 0 ? worst / total : 0;
}

function deviation(values: readonly number[]): number {
  const finite = values.filter(Number.isFinite);
  if (finite.length < 2) return 0;
  const mean = finite.reduce((sum, value) => sum + value, 0) / finite.length;
  return Math.sqrt(finite.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (finite.length - 1));
}
