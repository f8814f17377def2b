/**
 * Numbers of ONNX tensors, from their raw bytes or an external file: every other form was settled when the model was read (storage.ts).
 * Trusts that check.ts has compared sizes with dimensions; knows nothing of what the numbers are for.
 */
import type { Files } from "../effects/effects.ts";
import { ConfigError, FileError } from "../effects/failure.ts";
import { isLfsPointer, mostPointerBytes, pointerFault } from "../effects/lfs-pointer.ts";
import { DataLocation, DataType, type TensorProto, tensorShape, withFields } from "./model.ts";
import { numbersOf } from "./numbers.ts";

/** Bits of one element as stored; undefined for strings and types whose packing ONNX leaves open. */
export const elementBits: ReadonlyMap<number, number> = new Map([
  [DataType.FLOAT, 32],
  [DataType.UINT8, 8],
  [DataType.INT8, 8],
  [DataType.UINT16, 16],
  [DataType.INT16, 16],
  [DataType.INT32, 32],
  [DataType.INT64, 64],
  [DataType.BOOL, 8],
  [DataType.FLOAT16, 16],
  [DataType.DOUBLE, 64],
  [DataType.UINT32, 32],
  [DataType.UINT64, 64],
  [DataType.COMPLEX64, 64],
  [DataType.COMPLEX128, 128],
  [DataType.BFLOAT16, 16],
  [DataType.FLOAT8E4M3FN, 8],
  [DataType.FLOAT8E4M3FNUZ, 8],
  [DataType.FLOAT8E5M2, 8],
  [DataType.FLOAT8E5M2FNUZ, 8],
  [DataType.UINT4, 4],
  [DataType.INT4, 4],
  [DataType.FLOAT4E2M1, 4],
  [DataType.FLOAT8E8M0, 8],
  [DataType.UINT2, 2],
  [DataType.INT2, 2],
]);

/** 1 for a scalar, 0 where a dimension is 0. */
export const elementsOf = (tensor: TensorProto): number => tensorShape(tensor).reduce((product, dim) => product * dim, 1);

/** Bytes that the dimensions and the type ask for, small elements packed; undefined where the type has no fixed size. */
export function storedBytes(tensor: TensorProto): number | undefined {
  const bits = elementBits.get(tensor.dataType);
  return bits === undefined ? undefined : Math.ceil((elementsOf(tensor) * bits) / 8);
}

/** True where its bytes lie in another file, or still in the model's own (leave-weights.ts). */
export const isExternal = (tensor: TensorProto): boolean => tensor.dataLocation === DataLocation.EXTERNAL;

export interface ExternalEntry {
  readonly location: string;
  readonly offset: number;
  readonly length: number | undefined;
}

/** What the entry says, unchecked; external.ts decides whether it may be followed. */
export function externalEntry(tensor: TensorProto): ExternalEntry {
  const values = new Map(tensor.externalData.map((one) => [one.key, one.value]));
  const length = values.get("length");
  return {
    location: values.get("location") ?? "",
    offset: Number(values.get("offset") ?? 0),
    length: length === undefined ? undefined : Number(length),
  };
}

const floatTypes: ReadonlySet<number> = new Set([DataType.FLOAT, DataType.FLOAT16, DataType.BFLOAT16, DataType.DOUBLE]);

/** Of a type whose values `floatValues` reads. */
export const isFloatTensor = (tensor: TensorProto): boolean => floatTypes.has(tensor.dataType);

/** Little-endian bytes of a tensor as ONNX stores them, from wherever they lie. */
export async function rawBytes(tensor: TensorProto, folder: string, files: Files): Promise<Uint8Array> {
  if (!isExternal(tensor)) return tensor.rawData;
  const entry = externalEntry(tensor);
  // Staging has looked at every reference; this holds for models that were never staged.
  if (entry.location.startsWith("/") || entry.location.split(/[/\\]/).includes(".."))
    throw new FileError(entry.location, "lies outside the model's folder. Keep external data beside the model.");
  const reader = await files.open(`${folder}/${entry.location}`);
  try {
    if (isLfsPointer(await reader.read(0, reader.sizeBytes < mostPointerBytes ? mostPointerBytes : 0)))
      throw new ConfigError(pointerFault(`The external data '${entry.location}'`));
    const wanted = entry.length ?? storedBytes(tensor) ?? elementsOf(tensor);
    const bytes = await reader.read(entry.offset, wanted);
    if (bytes.length !== wanted)
      throw new FileError(
        entry.location,
        `ends after ${bytes.length} of the ${wanted} bytes of tensor '${tensor.name}'. Export the model again.`,
        entry.offset,
      );
    return bytes;
  } finally {
    await reader.close();
  }
}

/** The tensor with its external bytes read into it. */
export const embed = async (tensor: TensorProto, folder: string, files: Files): Promise<TensorProto> =>
  withFields(tensor, { dataLocation: DataLocation.DEFAULT, externalData: [], rawData: await rawBytes(tensor, folder, files) });

/** Values of a float tensor, widened or rounded to float32. Integers are refused: nobody may quantise them. */
export async function floatValues(tensor: TensorProto, folder: string, files: Files): Promise<Float32Array> {
  if (!isFloatTensor(tensor)) throw new Error(`tensor '${tensor.name}' of type ${DataType[tensor.dataType]} was read as float`);
  const numbers = numbersOf(tensor.dataType, await rawBytes(tensor, folder, files), elementsOf(tensor)) ?? [];
  return numbers instanceof Float32Array ? numbers : Float32Array.from(numbers);
}

/** Values of a tensor of any number type, from wherever they lie; undefined for strings. */
export const storedValues = async (tensor: TensorProto, folder: string, files: Files): Promise<ArrayLike<number> | undefined> =>
  numbersOf(tensor.dataType, await rawBytes(tensor, folder, files), elementsOf(tensor));

/** Values of a tensor of any number type that lies in the model itself (scales, zero points, axes). Undefined when it is external or holds no numbers. */
export const smallValues = (tensor: TensorProto): ArrayLike<number> | undefined =>
  isExternal(tensor) ? undefined : numbersOf(tensor.dataType, tensor.rawData, elementsOf(tensor));

/** The same of an integer tensor; undefined for other types as well. */
export function intValues(tensor: TensorProto): number[] | undefined {
  const numbers = floatTypes.has(tensor.dataType) ? undefined : smallValues(tensor);
  return numbers === undefined ? undefined : Array.from(numbers);
}
