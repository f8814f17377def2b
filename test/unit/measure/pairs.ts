/** Tensors and pair streams for the tests of measuring. */

import type { MeasureOptions } from "../../../src/measure/measure.ts";
import type { TensorPair } from "../../../src/model/engine.ts";
import type { DType, Tensor, TensorData } from "../../../src/model/tensor.ts";

export const options: MeasureOptions = { atol: 1e-5, rtol: 1e-3, topK: 2, seed: 1 };

export const tensor = (name: string, values: readonly number[], shape: readonly number[] = [values.length]): Tensor => ({
  name,
  dtype: "float64",
  shape,
  data: Float64Array.from(values),
});

export const typed = (dtype: DType, data: TensorData, shape: readonly number[] = [data.length]): Tensor => ({
  name: "t",
  dtype,
  shape,
  data,
});

export interface PairParts {
  readonly reference?: Tensor;
  readonly candidate?: Tensor;
  readonly sample?: number;
  readonly role?: TensorPair["role"];
  readonly name?: string;
}

export const pair = ({ reference, candidate, sample = 0, role = "output", name = "t" }: PairParts): TensorPair => ({
  sample,
  tensor: name,
  role,
  reference,
  candidate,
});

export async function* stream(...pairs: readonly TensorPair[]): AsyncGenerator<TensorPair> {
  yield* pairs;
}
