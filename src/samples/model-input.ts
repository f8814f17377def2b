/** What samples have to fit: the inputs of a model. Only types. */
import type { DType } from "../model/tensor.ts";
import type { InputValues } from "../onnx/input-values.ts";

/** An input of the model with every dimension resolved. Feeds have this shape, or with a range any size in it. */
export interface ModelInput {
  readonly name: string;
  /** What samples are saved in. */
  readonly dtype: DType;
  /** The model's own type where numpy has none such: values are rounded to it. */
  readonly elementType?: string;
  readonly shape: readonly number[];
  readonly range?: { readonly min: readonly number[]; readonly max: readonly number[] };
  /** What made-up samples may hold; undefined: any number. */
  readonly values?: InputValues;
}
