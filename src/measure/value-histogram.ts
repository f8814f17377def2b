/**
 * How the values of one tensor lie on both sides, in a fixed number of equal bins around zero, in one pass.
 * The range doubles when a larger value comes, so that memory does not grow with the data. Explains; nothing is judged by it.
 */
import type { Numbers } from "./accumulate.ts";

export interface ValueHistogram {
  /** Bins cover [-range, range]; 0 until a value other than zero has come. */
  range: number;
  readonly reference: Float64Array;
  readonly candidate: Float64Array;
  /** Largest magnitude that the tensor's INT8 scale holds; undefined where it has none. */
  readonly clip: number | undefined;
  /** Reference values beyond `clip`: INT8 saturates them. */
  saturated: number;
  /** Finite values of the reference. */
  count: number;
}

const bins = 64;

export const emptyValueHistogram = (clip: number | undefined): ValueHistogram => ({
  range: 0,
  reference: new Float64Array(bins),
  candidate: new Float64Array(bins),
  clip,
  saturated: 0,
  count: 0,
});

/** Adds the values of one sample. NaN and infinities are left out. */
export function addSides(histogram: ValueHistogram, reference: Numbers, candidate: Numbers): void {
  const largest = Math.max(largestFinite(reference), largestFinite(candidate));
  if (histogram.range === 0) histogram.range = largest;
  while (histogram.range < largest) double(histogram);
  fill(histogram.reference, histogram.range, reference);
  fill(histogram.candidate, histogram.range, candidate);
  const { clip = Number.POSITIVE_INFINITY } = histogram;
  for (let i = 0; i < reference.length; i++) {
    const value = Number(reference[i]);
    if (!Number.isFinite(value)) continue;
    histogram.count++;
    if (Math.abs(value) > clip) histogram.saturated++;
  }
}

function largestFinite(values: Numbers): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) {
    const magnitude = Math.abs(Number(values[i]));
    if (magnitude > largest && magnitude !== Number.POSITIVE_INFINITY) largest = magnitude;
  }
  return largest;
}

function fill(counts: Float64Array, range: number, values: Numbers): void {
  const perUnit = range > 0 ? bins / (2 * range) : 0;
  for (let i = 0; i < values.length; i++) {
    const value = Number(values[i]);
    if (!Number.isFinite(value)) continue;
    const bin = Math.min(bins - 1, Math.floor(value * perUnit + bins / 2));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
}

/** Twice the range: two bins become one, from the middle outwards. */
function double(histogram: ValueHistogram): void {
  for (const counts of [histogram.reference, histogram.candidate]) {
    const before = counts.slice();
    counts.fill(0);
    for (let i = 0; i < bins; i++) {
      const bin = bins / 4 + Math.floor(i / 2);
      counts[bin] = (counts[bin] ?? 0) + (before[i] ?? 0);
    }
  }
  histogram.range *= 2;
}
