/** Turns the typed arrays of tensors into the two kinds that the inner loop takes. Decides nothing. */
import type { TensorData } from "../model/tensor.ts";
import type { Numbers } from "./accumulate.ts";

/** Float arrays as they are, everything else widened to float64. 64-bit integers beyond 2^53 are rounded: compare them with `pairOfNumbers`. */
export function numbersOf(data: TensorData): Numbers {
  if (data instanceof Float32Array || data instanceof Float64Array) return data;
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) return Float64Array.from(data, Number);
  return Float64Array.from(data);
}

/** Both sides; 64-bit integers that differ stay different even where float64 cannot tell them apart (then by one float64 step). */
export function pairOfNumbers(reference: TensorData, candidate: TensorData): readonly [Numbers, Numbers] {
  const r = numbersOf(reference);
  const c = numbersOf(candidate);
  if (isBig(reference) && isBig(candidate)) keepDifferences(reference, candidate, r, c);
  return [r, c];
}

const isBig = (data: TensorData): data is BigInt64Array | BigUint64Array => data instanceof BigInt64Array || data instanceof BigUint64Array;

function keepDifferences(
  reference: BigInt64Array | BigUint64Array,
  candidate: BigInt64Array | BigUint64Array,
  r: Numbers,
  c: Numbers,
): void {
  for (let i = 0; i < candidate.length; i++) {
    const value = r[i];
    if (value === undefined || value !== c[i] || reference[i] === candidate[i]) continue;
    c[i] = value + Math.abs(value) * 2 ** -52;
  }
}
