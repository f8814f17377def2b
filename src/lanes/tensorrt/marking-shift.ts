/** How far marking layers moved the final output: SQNR in dB of the marked engine's outputs against the plain engine's, pooled over samples. */
import type { Tensor } from "../../model/tensor.ts";

/** Only to keep or drop a batch of marks: verdicts come from measure/. Infinity for identical tensors (zeros too), NaN where nothing was compared. */
export function influenceDb(pairs: readonly (readonly [plain: Tensor, marked: Tensor])[]): number {
  let signal = 0;
  let noise = 0;
  let count = 0;
  for (const [plain, marked] of pairs) {
    for (let i = 0; i < plain.data.length; i++) {
      const value = Number(plain.data[i]);
      const other = Number(marked.data[i]);
      signal += value * value;
      noise += (value - other) ** 2;
      count += 1;
    }
  }
  if (count === 0) return Number.NaN;
  return noise === 0 ? Number.POSITIVE_INFINITY : 10 * Math.log10(signal / noise);
}
