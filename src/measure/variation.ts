/**
 * What of an output varies from sample to sample: beside a constant that the model adds (anchors, a mask, an offset by column) a lost prediction hides in any
 * figure over all. Keeps one mean a position; says what was seen, and whether it matters is the gate's business.
 */
import type { Numbers } from "./accumulate.ts";

/** Positions of larger outputs are not kept: 28 bytes each. */
const mostPositions = 2 ** 21;
/** A value that is equal on both sides and so much larger than what differs is a mask, and no success of the candidate. */
const maskRatio = 100;

export interface VariationSums {
  /** Of the first sample. Another shape has other positions: then nothing is known. */
  readonly shape: readonly number[];
  readonly count: Uint32Array;
  /** First value of each position: a large constant then does not cancel what varies beside it. */
  readonly origin: Float64Array;
  readonly sum: Float64Array;
  readonly squares: Float64Array;
  errorEnergy: number;
  samples: number;
  isBroken: boolean;
}

export interface Variation {
  /** Energy of the reference about its mean at each position, as many samples without end would have it, over the energy of the error, in dB: -Infinity where nothing varies. */
  readonly sqnrDb: number;
  readonly samples: number;
}

/** By whole samples, and by rows of batches: which of the two are the samples, nobody knows for certain. */
export interface VariationSides {
  whole?: VariationSums;
  byRow?: VariationSums;
}

/** Of an output that is too large nothing is kept. */
export function emptyVariation(shape: readonly number[]): VariationSums {
  const size = shape.reduce((product, dim) => product * dim, 1);
  const positions = size > mostPositions ? 0 : size;
  return {
    shape,
    count: new Uint32Array(positions),
    origin: new Float64Array(positions),
    sum: new Float64Array(positions),
    squares: new Float64Array(positions),
    errorEnergy: 0,
    samples: 0,
    isBroken: size > mostPositions,
  };
}

/** One sample, or one row of a batch. */
export function addVariation(sums: VariationSums, reference: Numbers, candidate: Numbers, shape: readonly number[]): void {
  const { count, origin, sum, squares } = sums;
  sums.isBroken ||= shape.length !== sums.shape.length || shape.some((dim, axis) => dim !== sums.shape[axis]);
  if (sums.isBroken) return;
  sums.samples++;
  const largest = maskRatio * sizeOfDiffering(reference, candidate);
  for (let i = 0; i < reference.length; i++) {
    const r = reference[i] ?? Number.NaN;
    const error = r - (candidate[i] ?? Number.NaN);
    if (error === 0 && Math.abs(r) > largest) continue;
    if (count[i] === 0) origin[i] = r;
    const distance = r - (origin[i] ?? 0);
    count[i] = (count[i] ?? 0) + 1;
    sum[i] = (sum[i] ?? 0) + distance;
    squares[i] = (squares[i] ?? 0) + distance * distance;
    sums.errorEnergy += error * error;
  }
}

/** Root of the mean square of the reference where the sides differ; Infinity where they nowhere do: then nothing is a mask. */
function sizeOfDiffering(reference: Numbers, candidate: Numbers): number {
  let [energy, count] = [0, 0];
  for (let i = 0; i < reference.length; i++) {
    const r = reference[i] ?? Number.NaN;
    if (r === candidate[i]) continue;
    energy += r * r;
    count++;
  }
  return count === 0 ? Number.POSITIVE_INFINITY : Math.sqrt(energy / count);
}

/** Adds `from` to `into`, as if its samples had come to `into`. */
export function mergeVariation(into: VariationSums, from: VariationSums): void {
  into.isBroken ||= from.isBroken || into.count.length !== from.count.length;
  if (into.isBroken) return;
  for (let i = 0; i < into.count.length; i++) {
    const count = from.count[i] ?? 0;
    if (count === 0) continue;
    if (into.count[i] === 0) into.origin[i] = from.origin[i] ?? 0;
    const shift = (from.origin[i] ?? 0) - (into.origin[i] ?? 0);
    const sum = from.sum[i] ?? 0;
    into.squares[i] = (into.squares[i] ?? 0) + (from.squares[i] ?? 0) + 2 * shift * sum + count * shift * shift;
    into.sum[i] = (into.sum[i] ?? 0) + sum + count * shift;
    into.count[i] = (into.count[i] ?? 0) + count;
  }
  into.errorEnergy += from.errorEnergy;
  into.samples += from.samples;
}

/** What says that less of what varies is right. */
export const variationOf = ({ whole, byRow }: VariationSides): Variation | undefined =>
  [whole, byRow].flatMap((sums) => (sums && variationIn(sums)) ?? []).toSorted((a, b) => a.sqnrDb - b.sqnrDb || 0)[0];

/** Undefined for fewer than two samples, for samples of several shapes, and where the error is zero or no number. */
function variationIn({ count, sum, squares, errorEnergy, samples, isBroken }: VariationSums): Variation | undefined {
  if (isBroken || samples < 2 || !(errorEnergy > 0)) return undefined;
  let energy = 0;
  for (let i = 0; i < count.length; i++) {
    const [n, total] = [count[i] ?? 0, sum[i] ?? 0];
    if (n > 1) energy += (n / (n - 1)) * Math.max(0, (squares[i] ?? 0) - (total * total) / n);
  }
  return Number.isNaN(energy) ? undefined : { sqnrDb: 10 * Math.log10(energy / errorEnergy), samples };
}
