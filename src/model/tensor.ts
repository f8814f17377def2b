/**
 * A named array of numbers with its shape: the one value that flows from lanes and saved files into measuring.
 * Pure. Knows no file format and no metric.
 */

export type DType =
  | "float32"
  | "float64"
  | "float16"
  | "int8"
  | "int16"
  | "int32"
  | "int64"
  | "uint8"
  | "uint16"
  | "uint32"
  | "uint64"
  | "bool";

/** float16 values are widened into a Float32Array by whoever reads them; `dtype` still says what was stored. bool is 0/1 bytes. */
export type TensorData =
  | Float32Array
  | Float64Array
  | Int8Array
  | Int16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Uint16Array
  | Uint32Array
  | BigUint64Array;

export interface Tensor {
  readonly name: string;
  readonly dtype: DType;
  /** Row-major (C order). `[]` is a scalar with one element. */
  readonly shape: readonly number[];
  readonly data: TensorData;
}

/** Named inputs of one inference: one sample. Keys are ONNX graph input names. */
export type Feed = ReadonlyMap<string, Tensor>;

/** The rows of one feed's batch: how many, and the number of its first among those of all feeds. */
export interface BatchRows {
  readonly first: number;
  readonly count: number;
}

/** Number of elements of a shape; 1 for a scalar, 0 when a dimension is 0. */
export const elementCount = (shape: readonly number[]): number => shape.reduce((product, dim) => product * dim, 1);

/** True where both shapes have the same rank and dimensions. Never broadcasts. */
export const sameShape = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((dim, i) => dim === b[i]);

/** True for float16, float32 and float64. */
export const isFloat = (dtype: DType): boolean => dtype.startsWith("float");

/** Values on one side and 8-bit numbers on the other, which are values only with their scale: no figure tells how far the two are apart. */
export const isQuantizedAgainstFloat = (one: DType, other: DType): boolean =>
  (isFloat(one) && /^u?int8$/.test(other)) || (isFloat(other) && /^u?int8$/.test(one));
