/**
 * Which samples rank, choose and prove: three sets that do not meet, by content. Samples that occur twice are taken once; one that also calibrates
 * never proves.
 */
import { seededRandom } from "../measure/random.ts";
import type { SampleCounts } from "./outcome.ts";

export interface SampleSplit {
  readonly all: readonly number[];
  /** Validation samples to rank on; empty where calibration samples rank. */
  readonly rank: readonly number[];
  readonly choose: readonly number[];
  readonly prove: readonly number[];
  /** False with too few samples for three sets: ranking and choosing then share theirs, and nothing counts as proved. */
  readonly apart: boolean;
}

export interface SplitOptions {
  readonly seed: number;
  /** Whether a validation sample calibrates too, in part or as a whole: it never proves. */
  readonly calibrates?: (index: number) => boolean;
  /** They rank, too: the validation samples then only choose and prove. */
  readonly calibrationRanks?: boolean;
}

/** Below so many of its own each, a set says nothing. */
const leastOfEach = 2;

/** `contents`: what each validation sample holds, as a digest. Deterministic for a seed. Indices are in order. */
export function splitSamples(
  contents: readonly string[],
  { seed, calibrates = () => false, calibrationRanks = false }: SplitOptions,
): SampleSplit {
  const all = contents.map((_, i) => i);
  const places = new Map(contents.map((content, i) => [content, i] as const).toReversed());
  const first = all.filter((i) => places.get(contents[i] ?? "") === i);
  const fresh = shuffled(
    first.filter((i) => !calibrates(i)),
    seed,
  );
  const sets = calibrationRanks ? 2 : 3;
  const apart = fresh.length >= sets * leastOfEach;
  const size = Math.floor(fresh.length / (apart ? sets : 2));
  const ranking = calibrationRanks || !apart ? 0 : size;
  const choose = [...fresh.slice(ranking, ranking + size), ...first.filter(calibrates)];
  // A single sample: it chooses, and nothing is left to prove anything.
  const chosen = choose.length === 0 ? fresh : choose;
  return {
    all,
    rank: inOrder(calibrationRanks ? [] : apart ? fresh.slice(0, ranking) : chosen),
    choose: inOrder(chosen),
    prove: inOrder(choose.length === 0 ? [] : fresh.slice(ranking + size)),
    apart,
  };
}

/** `ranking`: samples that rank, of whichever data. */
export const countsOf = (split: SampleSplit, ranking: number): SampleCounts => ({
  all: split.all.length,
  rank: ranking,
  choose: split.choose.length,
  prove: split.prove.length,
  apart: split.apart,
});

const inOrder = (indices: readonly number[]) => indices.toSorted((a, b) => a - b);

/** Fisher and Yates' shuffle. */
function shuffled(items: readonly number[], seed: number): number[] {
  const random = seededRandom(seed);
  const order = [...items];
  for (let last = order.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    const [a, b] = [order[last] ?? 0, order[other] ?? 0];
    order[last] = b;
    order[other] = a;
  }
  return order;
}
