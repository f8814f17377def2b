/**
 * Figures of each entry along one axis (a channel, a column) of an output of which the graph shows no parts: one that is lost hides in a figure over all.
 * Pooled over samples as they go by. Says what was seen; whether it matters is the gate's business.
 */
import type { Numbers } from "./accumulate.ts";

/** More entries than these are no list for people. */
export const mostListed = 256;
/** More than these are not told apart at all. */
const mostCounted = 2 ** 16;

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

/** A plane of pixels is not much longer than wide. */
const flattest = 4;

/** `listed`: axes whose entries people can read one by one. `all`: also the first axis, which may be no batch, and long ones. */
export type EntryAxes = "listed" | "all";

/**
 * The axes whose entries are told apart: channels of NCHW where the last two axes are those of a picture, else every axis that has at least 2 entries
 * (boxes and scores lie along any).
 */
export function entryAxes(shape: readonly number[], which: EntryAxes): number[] {
  const fits = (axis: number, size: number) => (which === "all" ? size <= mostCounted : isListed(axis, size));
  const fitting = shape.flatMap((size, axis) => (size >= 2 && fits(axis, size) ? [axis] : []));
  const [height = 1, width = 1] = shape.slice(-2);
  const isPicture = shape.length >= 4 && Math.max(height, width) <= flattest * Math.min(height, width);
  return isPicture && fitting.includes(1) ? [1] : fitting;
}

const isListed = (axis: number, size: number): boolean => axis > 0 && size <= mostListed;

/** One for each axis that `entryAxes` chooses; none where it chooses none. */
export const emptyEntries = (shape: readonly number[], which: EntryAxes): EntrySums[] =>
  entryAxes(shape, which).map((axis) => emptyAxis(axis, shape[axis] ?? 0));

/** Adds a stretch along every axis. */
export function addEntries(sums: readonly EntrySums[], reference: Numbers, candidate: Numbers, stretch: Stretch): void {
  for (const one of sums) addAlong(one, reference, candidate, stretch);
}

/** Adds `from` to `into`; axes of another shape have other entries, and those of `into` stand. */
export function mergeEntries(into: readonly EntrySums[], from: readonly EntrySums[]): void {
  for (const one of into) {
    const other = from.find(({ axis, referenceEnergy }) => axis === one.axis && referenceEnergy.length === one.referenceEnergy.length);
    if (other) mergeAxis(one, other);
  }
}

/** Of the listed axis with the worst entry; undefined without one. */
export const worstEntries = (sums: readonly EntrySums[]): Entries | undefined =>
  sums
    .filter(({ axis, absMax }) => isListed(axis, absMax.length))
    .map(entriesOf)
    .toSorted((a, b) => Math.min(...a.sqnrDb) - Math.min(...b.sqnrDb) || 0)[0];

/** Of the axes that are not listed. */
export const countedEntries = (sums: readonly EntrySums[]): Entries[] =>
  sums.filter(({ axis, absMax }) => !isListed(axis, absMax.length)).map(entriesOf);

const emptyAxis = (axis: number, count: number): EntrySums => ({
  axis,
  referenceEnergy: new Float64Array(count),
  errorEnergy: new Float64Array(count),
  absMax: new Float64Array(count),
});

/** Adds `count` pairs that begin at element `first` of an array of this shape. Values that are not finite make the entry's figures NaN. */
function addAlong(sums: EntrySums, reference: Numbers, candidate: Numbers, { shape, first, count }: Stretch): void {
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

function mergeAxis(into: EntrySums, from: EntrySums): void {
  for (let i = 0; i < into.referenceEnergy.length; i++) {
    into.referenceEnergy[i] = (into.referenceEnergy[i] ?? 0) + (from.referenceEnergy[i] ?? 0);
    into.errorEnergy[i] = (into.errorEnergy[i] ?? 0) + (from.errorEnergy[i] ?? 0);
    into.absMax[i] = Math.max(into.absMax[i] ?? 0, from.absMax[i] ?? 0);
  }
}

function entriesOf({ axis, referenceEnergy, errorEnergy, absMax }: EntrySums): Entries {
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
