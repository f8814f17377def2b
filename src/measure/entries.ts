/**
 * Figures of each entry along one axis (a channel, a column) of an output of which the graph shows no parts: one that is lost hides in a figure over all.
 * Pooled over samples as they go by. Says what was seen; whether it matters is the gate's business.
 */
import type { Numbers } from "./accumulate.ts";

/** More entries than these are no list for people. */
const mostEntries = 256;

export interface EntrySums {
  readonly axis: number;
  readonly referenceEnergy: Float64Array;
  readonly errorEnergy: Float64Array;
  readonly absMax: Float64Array;
}

export interface Entries {
  /** Counted from the front, in the output's shape. */
  readonly axis: number;
  /** SQNR of each entry, dB: Infinity where both sides are equal, -Infinity where only the candidate has values. */
  readonly sqnrDb: readonly number[];
  /** Root of the mean square of the reference in each entry, as a part of that of the whole output: below it says how little an entry weighs. */
  readonly weight: readonly number[];
  readonly absMax: readonly number[];
}

/**
 * The axis whose entries are told apart: channels of NCHW (rank 4 and 5), of fewer dimensions the shorter of the last two (boxes lie along either),
 * never the batch. Undefined where it has fewer than 2 or more than 256 entries, or is all that there is of a sample's values.
 */
export function entryAxis(shape: readonly number[]): number | undefined {
  const rank = shape.length;
  const choices = rank >= 4 ? [1, rank - 1] : rank === 3 ? [1, 2] : rank === 2 ? [1] : [];
  const fitting = choices.filter((axis) => (shape[axis] ?? 0) >= 2 && (shape[axis] ?? 0) <= mostEntries);
  if (rank >= 4) return fitting[0];
  return fitting.toSorted((a, b) => (shape[a] ?? 0) - (shape[b] ?? 0))[0];
}

export const emptyEntries = (axis: number, count: number): EntrySums => ({
  axis,
  referenceEnergy: new Float64Array(count),
  errorEnergy: new Float64Array(count),
  absMax: new Float64Array(count),
});

/** Adds `count` pairs that begin at element `first` of an array of this shape. Values that are not finite make the entry's figures NaN. */
export function addEntries(sums: EntrySums, reference: Numbers, candidate: Numbers, { shape, first, count }: Stretch): void {
  const entries = sums.referenceEnergy.length;
  const inner = shape.slice(sums.axis + 1).reduce((product, dim) => product * dim, 1);
  for (let i = 0; i < count; ) {
    const at = first + i;
    const entry = Math.floor(at / inner) % entries;
    const end = Math.min(count, i + inner - (at % inner));
    let energy = 0;
    let error = 0;
    let most = sums.absMax[entry] ?? 0;
    for (; i < end; i++) {
      const r = reference[i] ?? Number.NaN;
      const d = r - (candidate[i] ?? Number.NaN);
      energy += r * r;
      error += d * d;
      most = Math.max(most, Math.abs(d));
    }
    sums.referenceEnergy[entry] = (sums.referenceEnergy[entry] ?? 0) + energy;
    sums.errorEnergy[entry] = (sums.errorEnergy[entry] ?? 0) + error;
    sums.absMax[entry] = most;
  }
}

export interface Stretch {
  readonly shape: readonly number[];
  readonly first: number;
  readonly count: number;
}

/** Adds `from` to `into`; both of one axis. */
export function mergeEntries(into: EntrySums, from: EntrySums): void {
  for (let i = 0; i < into.referenceEnergy.length; i++) {
    into.referenceEnergy[i] = (into.referenceEnergy[i] ?? 0) + (from.referenceEnergy[i] ?? 0);
    into.errorEnergy[i] = (into.errorEnergy[i] ?? 0) + (from.errorEnergy[i] ?? 0);
    into.absMax[i] = Math.max(into.absMax[i] ?? 0, from.absMax[i] ?? 0);
  }
}

export function entriesOf({ axis, referenceEnergy, errorEnergy, absMax }: EntrySums): Entries {
  const mean = referenceEnergy.reduce((sum, energy) => sum + energy, 0) / referenceEnergy.length;
  return {
    axis,
    sqnrDb: Array.from(referenceEnergy, (energy, i) => {
      const error = errorEnergy[i] ?? Number.NaN;
      return error === 0 ? Number.POSITIVE_INFINITY : 10 * Math.log10(energy / error);
    }),
    weight: Array.from(referenceEnergy, (energy) => (mean > 0 ? Math.sqrt(energy / mean) : 0)),
    absMax: [...absMax],
  };
}
