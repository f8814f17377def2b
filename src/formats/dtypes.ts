/**
 * Which element types a saved array may have, and how raw bytes become numbers.
 * float16 is widened to float32; big-endian bytes are swapped; raw types that carry no meaning (`V2`) are refused by npy-header.ts.
 */
import { halfToFloat } from "../model/half.ts";
import type { DType, TensorData } from "../model/tensor.ts";

/** numpy's kind letter and size -> our name. */
const byCode: Readonly<Record<string, DType>> = {
  f2: "float16",
  f4: "float32",
  f8: "float64",
  i1: "int8",
  i2: "int16",
  i4: "int32",
  i8: "int64",
  u1: "uint8",
  u2: "uint16",
  u4: "uint32",
  u8: "uint64",
  b1: "bool",
};
const byName: ReadonlyMap<DType, string> = new Map(Object.entries(byCode).map(([code, dtype]) => [dtype, code]));

/** Undefined for kinds that hold no plain numbers (objects, text, records, complex). */
export const dtypeOfCode = (code: string): DType | undefined => (Object.hasOwn(byCode, code) ? byCode[code] : undefined);

/** numpy's code without byte order: `f4`, `i8`, `b1`. */
export const codeOfDtype = (dtype: DType): string => byName.get(dtype) ?? "f4";
/** Bytes of one stored element. */
export const elementBytes = (dtype: DType): number => Number(codeOfDtype(dtype).slice(1));

/** `bytes` holds whole elements, row-major. The result never shares memory with `bytes` unless it is aligned and owned by the caller. */
export function decodeElements(dtype: DType, bytes: Uint8Array, littleEndian: boolean): TensorData {
  const size = elementBytes(dtype);
  const aligned = align(bytes, size, !littleEndian && size > 1);
  const { buffer, byteOffset } = aligned;
  const count = aligned.byteLength / size;
  switch (dtype) {
    case "float16":
      return widenHalf(new Uint16Array(buffer, byteOffset, count));
    case "float32":
      return new Float32Array(buffer, byteOffset, count);
    case "float64":
      return new Float64Array(buffer, byteOffset, count);
    case "int8":
      return new Int8Array(buffer, byteOffset, count);
    case "int16":
      return new Int16Array(buffer, byteOffset, count);
    case "int32":
      return new Int32Array(buffer, byteOffset, count);
    case "int64":
      return new BigInt64Array(buffer, byteOffset, count);
    case "uint8":
      return new Uint8Array(buffer, byteOffset, count);
    case "uint16":
      return new Uint16Array(buffer, byteOffset, count);
    case "uint32":
      return new Uint32Array(buffer, byteOffset, count);
    case "uint64":
      return new BigUint64Array(buffer, byteOffset, count);
    case "bool":
      return aligned.map((byte) => (byte === 0 ? 0 : 1));
  }
}

function align(bytes: Uint8Array, size: number, swap: boolean): Uint8Array {
  if (!swap && bytes.byteOffset % size === 0) return bytes;
  const copy = new Uint8Array(bytes);
  if (swap) for (let start = 0; start < copy.length; start += size) copy.subarray(start, start + size).reverse();
  return copy;
}

let halfTable: Float32Array | undefined;

/** IEEE 754 binary16 bits -> float32, by a table of all 65,536 values made on first use. */
function widenHalf(bits: Uint16Array): Float32Array {
  halfTable ??= Float32Array.from({ length: 65_536 }, (_, index) => halfToFloat(index));
  const table = halfTable;
  const values = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i++) values[i] = table[bits[i] ?? 0] ?? 0;
  return values;
}
