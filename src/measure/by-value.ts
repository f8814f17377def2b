/**
 * Agreement of each value (a class, true or false) in an output of names: a class that is rare, or the one in a row of zeros, hides in the share of all
 * equal entries. Counts only; whether it matters is the gate's business.
 */
import type { Numbers } from "./accumulate.ts";

/** More values than these are tokens or positions, not classes. */
const mostValues = 256;
/** Entries that hold a value on either side; of fewer, a share says nothing. */
const fewestEntries = 32;
/** Where the sides share none of them, fewer say enough. */
const fewestOfNone = 8;

interface Count {
  reference: number;
  candidate: number;
  equal: number;
}

/** By value. Stops counting beyond 256 of them. */
export type ValueCounts = Map<number, Count>;

export interface WorstValue {
  readonly value: number;
  /** Entries that hold it on both sides, and on either. */
  readonly both: number;
  readonly either: number;
  /** `both / either`, 0 to 1. */
  readonly agreement: number;
  /** How many values there are. */
  readonly of: number;
}

/** Adds the pairs of one sample. NaN is no value; whoever pools sees it in the sums. */
export function addValues(counts: ValueCounts, reference: Numbers, candidate: Numbers): void {
  for (let i = 0; i < reference.length && counts.size <= mostValues; i++) {
    const r = reference[i] ?? Number.NaN;
    const c = candidate[i] ?? Number.NaN;
    const own = countOf(counts, r);
    own.reference++;
    if (r === c) {
      own.candidate++;
      own.equal++;
    } else countOf(counts, c).candidate++;
  }
}

/** Adds `from` to `into`; like `addValues`, not beyond 256 values. */
export function mergeValues(into: ValueCounts, from: ValueCounts): void {
  for (const [value, { reference, candidate, equal }] of from) {
    if (into.size > mostValues) return;
    const own = countOf(into, value);
    own.reference += reference;
    own.candidate += candidate;
    own.equal += equal;
  }
}

function countOf(counts: ValueCounts, value: number): Count {
  const known = counts.get(value);
  if (known) return known;
  const made = { reference: 0, candidate: 0, equal: 0 };
  counts.set(value, made);
  return made;
}

/** The value with the least agreement; undefined where there are over 256 values, or each is in fewer than 32 entries (8, where the sides share none). */
export function worstValue(counts: ValueCounts): WorstValue | undefined {
  if (counts.size > mostValues) return undefined;
  const shares = [...counts].flatMap(([value, { reference, candidate, equal }]) => {
    const either = reference + candidate - equal;
    return either < (equal === 0 ? fewestOfNone : fewestEntries)
      ? []
      : [{ value, both: equal, either, agreement: equal / either, of: counts.size }];
  });
  return shares.toSorted((a, b) => a.agreement - b.agreement)[0];
}
