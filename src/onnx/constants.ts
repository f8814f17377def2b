/**
 * Numbers in and out of ONNX tensors: raw bytes, typed fields, external files.
 * Trusts that check.ts has compared sizes with dimensions; knows nothing of what the numbers are for.
 */
import type { Files } from "../effects/effects.ts";
import { FileError } from "../effects/failure.ts";
import { halfToFloat } from "./half.ts";
import { DataLocation, DataType, type TensorProto, tensorShape, withFields } from "./model.ts";

/** Bytes of one element; undefined for types without a fixed whole number of bytes (strings, 4-bit and 2-bit types). */
export const elementBytes: ReadonlyMap<number, number> = new Map([
  [DataType.FLOAT, 4],
  [DataType.UINT8, 1],
  [DataType.INT8, 1],
  [DataType.UINT16, 2],
  [DataType.INT16, 2],
  [DataType.INT32, 4],
  [DataType.INT64, 8],
  [DataType.BOOL, 1],
  [DataType.FLOAT16, 2],
  [DataType.DOUBLE, 8],
  [DataType.UINT32, 4],
  [DataType.UINT64, 8],
  [DataType.COMPLEX64, 8],
  [DataType.COMPLEX128, 16],
  [DataType.BFLOAT16, 2],
  [DataType.FLOAT8E4M3FN, 1],
  [DataType.FLOAT8E4M3FNUZ, 1],
  [DataType.FLOAT8E5M2, 1],
  [DataType.FLOAT8E5M2FNUZ, 1],
]);

export const elementsOf = (tensor: TensorProto): number => tensorShape(tensor).reduce((product, dim) => product * dim, 1);

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

const floatTypes: ReadonlySet<number> = new Set([DataType.FLOAT, DataType.FLOAT16, DataType.DOUBLE]);
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
    const wanted = entry.length ?? elementsOf(tensor) * (elementBytes.get(tensor.dataType) ?? 1);
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

/** A copy that begins its own buffer: weights lie at any offset, typed arrays need theirs aligned, and `Buffer.slice` would be a view. */
const copied = (bytes: Uint8Array) => new Uint8Array(bytes);

/** Values of a float tensor, widened or rounded to float32. Integers are refused: nobody may quantise them. */
export async function floatValues(tensor: TensorProto, folder: string, files: Files): Promise<Float32Array> {
  if (tensor.floatData.length > 0) return Float32Array.from(tensor.floatData);
  if (tensor.doubleData.length > 0) return Float32Array.from(tensor.doubleData);
  if (tensor.dataType === DataType.FLOAT16 && tensor.int32Data.length > 0) return Float32Array.from(tensor.int32Data, halfToFloat);
  const bytes = copied(await rawBytes(tensor, folder, files));
  switch (tensor.dataType) {
    case DataType.FLOAT:
      return new Float32Array(bytes.buffer);
    case DataType.DOUBLE:
      return Float32Array.from(new Float64Array(bytes.buffer));
    case DataType.FLOAT16:
      return Float32Array.from(new Uint16Array(bytes.buffer), halfToFloat);
    default:
      throw new Error(`tensor '${tensor.name}' of type ${DataType[tensor.dataType]} was read as float`);
  }
}

/** Values of a small integer tensor (axes, shapes, zero points). Undefined when it is external or of another type. */
export function intValues(tensor: TensorProto): number[] | undefined {
  if (isExternal(tensor)) return undefined;
  if (tensor.int64Data.length > 0) return tensor.int64Data.map(Number);
  if (tensor.int32Data.length > 0) return [...tensor.int32Data];
  const bytes = copied(tensor.rawData);
  switch (tensor.dataType) {
    case DataType.INT64:
      return [...new BigInt64Array(bytes.buffer)].map(Number);
    case DataType.INT32:
      return [...new Int32Array(bytes.buffer)];
    case DataType.INT8:
      return [...new Int8Array(bytes.buffer)];
    case DataType.UINT8:
      return [...bytes];
    default:
      return undefined;
  }
}
