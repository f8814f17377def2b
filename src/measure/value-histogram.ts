/**
 * How the values of one tensor lie on both sides, in a fixed number of equal bins around zero, in one pass.
 * The range doubles when a larger value comes, so that memory does not grow with the data. Explains; nothing is judged by it.
 */
import type { Numbers } from "./accumulate.ts";
import type { Moments } from "./moments.ts";
import type { Sums } from "./sums.ts";

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

/** `clip`: magnitude beyond which INT8 clips (127 scales); undefined where no scale is known. */
export const emptyValueHistogram = (clip: number | undefined): ValueHistogram => ({
  range: 0,
  reference: new Float64Array(bins),
  candidate: new Float64Array(bins),
  clip,
  saturated: 0,
  count: 0,
});

/** Adds the values of one sample, of which `sums` are the sums. NaN and infinities are left out. */
export function addSides(histogram: ValueHistogram, reference: Numbers, candidate: Numbers, sums: Sums): void {
  const allFinite = sums.nonFiniteReference + sums.nonFiniteCandidate === 0;
  const [ours, theirs] = allFinite ? [reference, candidate] : [reference.filter(Number.isFinite), candidate.filter(Number.isFinite)];
  // Moments leave a value out whose partner is not finite: only without any do they know the largest.
  const oursLargest = allFinite ? magnitudeOf(sums.reference) : largestMagnitude(ours);
  const largest = Math.max(oursLargest, allFinite ? magnitudeOf(sums.candidate) : largestMagnitude(theirs));
  if (histogram.range === 0) histogram.range = largest;
  while (histogram.range < largest) double(histogram);
  fill(histogram.reference, histogram.range, ours);
  fill(histogram.candidate, histogram.range, theirs);
  histogram.count += ours.length;
  const { clip = Number.POSITIVE_INFINITY } = histogram;
  if (oursLargest > clip) histogram.saturated += countBeyond(clip, ours);
}

const magnitudeOf = ({ count, min, max }: Moments): number => (count === 0 ? 0 : Math.max(Math.abs(min), Math.abs(max)));

function largestMagnitude(values: Numbers): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) largest = Math.max(largest, Math.abs(values[i] ?? 0));
  return largest;
}

/** `range`: at least the largest magnitude. */
function fill(counts: Float64Array, range: number, values: Numbers): void {
  const perUnit = range > 0 ? bins / (2 * range) : 0;
  // Integer counters: a value waits for the one before it where both lie in one bin. The last is for `range` itself.
  const added = new Uint32Array(bins + 1);
  for (let i = 0; i < values.length; i++) {
    const bin = ((values[i] ?? 0) * perUnit + bins / 2) | 0;
    added[bin] = (added[bin] ?? 0) + 1;
  }
  added.forEach((count, bin) => {
    const at = Math.min(bin, bins - 1);
    counts[at] = (counts[at] ?? 0) + count;
  });
}

function countBeyond(clip: number, values: Numbers): number {
  let count = 0;
  for (let i = 0; i < values.length; i++) if (Math.abs(values[i] ?? 0) > clip) count++;
  return count;
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
