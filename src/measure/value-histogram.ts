/**
 * How the values of one tensor lie on both sides, in a fixed number of equal bins around zero, in one pass.
 * The range doubles when a larger value comes, so that memory does not grow with the data. Explains; nothing is judged by it.
 */
import type { HeldRange } from "../model/held-range.ts";
import type { Numbers } from "./accumulate.ts";
import type { Moments } from "./moments.ts";
import type { Sums } from "./sums.ts";

export interface ValueHistogram {
  /** Bins cover [-range, range]; 0 until a value other than zero has come. */
  range: number;
  readonly reference: Float64Array;
  readonly candidate: Float64Array;
  /** What the tensor's quantiser holds; undefined where it has none, or nothing is known of it. */
  readonly held: HeldRange | undefined;
  /** Reference values beyond `held`: they saturate. */
  saturated: number;
  /** Finite values of the reference. */
  count: number;
}

const bins = 64;

/** Nothing has been added yet. */
export const emptyValueHistogram = (held: HeldRange | undefined): ValueHistogram => ({
  range: 0,
  reference: new Float64Array(bins),
  candidate: new Float64Array(bins),
  held,
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
  const { held } = histogram;
  if (held && oursLargest > Math.min(Math.abs(held.low), Math.abs(held.high))) histogram.saturated += countBeyond(held, ours);
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

function countBeyond({ low, high }: HeldRange, values: Numbers): number {
  let count = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? 0;
    if (value < low || value > high) count++;
  }
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
