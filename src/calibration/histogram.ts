/**
 * Distribution of |x| of one tensor in a fixed number of bins over [0, range], in one pass: memory does not grow with the data.
 * The range starts at the first values' largest and doubles when a larger one comes, as TensorRT's calibrator does.
 * Collects; which part of the range to keep is percentile.ts and entropy.ts.
 */

export interface Histogram {
  /** Upper end of the last bin; 0 until a value other than zero has come. */
  range: number;
  /** Largest |x| so far. */
  amax: number;
  /** Exact zeros: they quantise without error and are in no bin. */
  zeros: number;
  /** Bin i covers [i, i+1)·range/bins; the last one includes `range`. The length is even. */
  readonly counts: Float64Array;
}

/** Nothing was seen: its range is 0 until values come. */
export const emptyHistogram = (bins: number): Histogram => ({ range: 0, amax: 0, zeros: 0, counts: new Float64Array(bins) });

/** In the tensor's own unit; 0 where nothing but zeros was seen. */
export const binWidth = ({ range, counts }: Histogram): number => range / counts.length;

/** Largest |x|; NaN where a value is NaN, Infinity where one is infinite, 0 for no values. */
export function largestMagnitude(values: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) {
    const magnitude = Math.abs(values[i] ?? 0);
    if (Number.isNaN(magnitude)) return Number.NaN;
    if (magnitude > largest) largest = magnitude;
  }
  return largest;
}

/** Adds |x| of all values. They must be finite: `largest` is what `largestMagnitude` says of them. */
export function addValues(histogram: Histogram, values: ArrayLike<number>, largest: number): void {
  histogram.amax = Math.max(histogram.amax, largest);
  cover(histogram, largest);
  const { counts } = histogram;
  const last = counts.length - 1;
  const perUnit = histogram.range > 0 ? counts.length / histogram.range : 0;
  for (let i = 0; i < values.length; i++) {
    const magnitude = Math.abs(values[i] ?? 0);
    if (magnitude === 0) {
      histogram.zeros++;
      continue;
    }
    const bin = Math.min(last, Math.floor(magnitude * perUnit));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
}

function cover(histogram: Histogram, largest: number): void {
  if (histogram.range === 0) histogram.range = largest;
  while (histogram.range < largest) double(histogram);
}

function double(histogram: Histogram): void {
  const { counts } = histogram;
  const half = counts.length / 2;
  for (let i = 0; i < half; i++) counts[i] = (counts[2 * i] ?? 0) + (counts[2 * i + 1] ?? 0);
  counts.fill(0, half);
  histogram.range *= 2;
}
