/**
 * Element types that no saved sample has and ONNX Runtime for Node takes from nobody, each with the wider type that holds all its values: samples are
 * saved in that, and a Cast stands between it and the model.
 */
import type { DType } from "../model/tensor.ts";
import { DataType } from "./model.ts";
import { elementWord } from "./types.ts";

export interface Carrier {
  /** What samples and results are saved in. */
  readonly dtype: DType;
  /** The same as ONNX numbers it. */
  readonly dataType: number;
  /** Smallest and largest value of an integer type: a Cast would wrap what lies beyond. Floats are rounded, FP8 with saturation. */
  readonly limits?: readonly [number, number];
}

const float: Carrier = { dtype: "float32", dataType: DataType.FLOAT };
const int8 = (low: number, high: number): Carrier => ({ dtype: "int8", dataType: DataType.INT8, limits: [low, high] });
const uint8 = (high: number): Carrier => ({ dtype: "uint8", dataType: DataType.UINT8, limits: [0, high] });

/** FP4 has none: no operator of ONNX Runtime 1.30 reads it on the CPU. */
const carriers: ReadonlyMap<number, Carrier> = new Map([
  [DataType.BFLOAT16, float],
  [DataType.FLOAT8E4M3FN, float],
  [DataType.FLOAT8E4M3FNUZ, float],
  [DataType.FLOAT8E5M2, float],
  [DataType.FLOAT8E5M2FNUZ, float],
  [DataType.FLOAT8E8M0, float],
  [DataType.INT4, int8(-8, 7)],
  [DataType.UINT4, uint8(15)],
  [DataType.INT2, int8(-2, 1)],
  [DataType.UINT2, uint8(3)],
]);
const byWord: ReadonlyMap<string, Carrier> = new Map([...carriers].map(([type, carrier]) => [elementWord(type), carrier]));

/** Undefined for types that need none and for those that have none. */
export const carrierOf = (dataType: number): Carrier | undefined => carriers.get(dataType);
/** The same by the type's name in small letters. */
export const carrierOfWord = (word: string): Carrier | undefined => byWord.get(word);
