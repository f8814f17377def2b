/**
 * Splits the validation samples: the search sees one half, acceptance is judged on the other (pruned sets overfit: 6 of 7 failed held out).
 */
import { seededRandom } from "../measure/random.ts";

export interface SampleSplit {
  readonly all: readonly number[];
  readonly search: readonly number[];
  readonly accept: readonly number[];
  /** False with a single sample: both halves are then the same and nothing is held out. */
  readonly heldOut: boolean;
}

/** Deterministic for a seed. The search half gets the odd sample. */
export function splitSamples(count: number, seed: number): SampleSplit {
  const all = Array.from({ length: count }, (_, i) => i);
  if (count < 2) return { all, search: all, accept: all, heldOut: false };
  const order = shuffled(all, seed);
  const middle = Math.ceil(count / 2);
  const inOrder = (indices: readonly number[]) => indices.toSorted((a, b) => a - b);
  return { all, search: inOrder(order.slice(0, middle)), accept: inOrder(order.slice(middle)), heldOut: true };
}

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
