/**
 * Agreement of decisions instead of values: does the candidate choose the class that the reference chooses?
 * Needs a whole tensor. Ties go to the lowest index; a NaN never wins.
 */
import type { Numbers } from "./accumulate.ts";
import type { Sums } from "./sums.ts";

/**
 * Class vectors lie along the last axis (rank 1 to 3, at least two classes); channels are axis 1 of NCHW (rank 4 or 5, at least two).
 * Other shapes add nothing, and their agreement metrics stay undefined. `k`: the reference's best class counts when among the candidate's k best.
 */
export function accumulateAgreement(sums: Sums, reference: Numbers, candidate: Numbers, shape: readonly number[], k: number): void {
  if (shape.length <= 3) addRows(sums, reference, candidate, shape.at(-1) ?? 1, k);
  else if (shape.length <= 5) addPixels(sums, reference, candidate, shape);
}

function addRows(sums: Sums, reference: Numbers, candidate: Numbers, classes: number, k: number): void {
  if (classes < 2) return;
  for (let start = 0; start < reference.length; start += classes) {
    const best = bestIndex(reference, start, classes, 1);
    const rank = rankOf(candidate, start, classes, best);
    sums.rows++;
    if (rank === 0) sums.top1++;
    if (rank < k) sums.topk++;
  }
}

function addPixels(sums: Sums, reference: Numbers, candidate: Numbers, shape: readonly number[]): void {
  const channels = shape[1] ?? 1;
  if (channels < 2) return;
  const plane = shape.slice(2).reduce((product, dim) => product * dim, 1);
  for (let image = 0; image < reference.length; image += channels * plane) {
    for (let pixel = image; pixel < image + plane; pixel++) {
      sums.pixels++;
      if (bestIndex(reference, pixel, channels, plane) === bestIndex(candidate, pixel, channels, plane)) sums.argmax++;
    }
  }
}

function bestIndex(values: Numbers, start: number, classes: number, stride: number): number {
  let best = 0;
  let bestValue = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < classes; i++) {
    const value = values[start + i * stride] ?? Number.NaN;
    if (value > bestValue) {
      bestValue = value;
      best = i;
    }
  }
  return best;
}

/** Classes that stand before `index` when sorted by value, ties by index. */
function rankOf(values: Numbers, start: number, classes: number, index: number): number {
  const own = values[start + index] ?? Number.NaN;
  if (Number.isNaN(own)) return classes;
  let before = 0;
  for (let i = 0; i < classes; i++) {
    const value = values[start + i] ?? Number.NaN;
    if (value > own || (value === own && i < index)) before++;
  }
  return before;
}
