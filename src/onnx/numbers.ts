/**
 * Numbers from the bytes of a tensor, for every type that ONNX gives a fixed size. 64-bit integers lose what a double cannot hold.
 * Takes raw bytes alone; where a file keeps them is storage.ts.
 */
import { halfToFloat } from "../model/half.ts";
import { DataType } from "./model.ts";

type Decode = (bytes: Uint8Array) => ArrayLike<number>;

const of = (bytes: Uint8Array, size: number): ArrayBuffer => {
  const whole = bytes.length - (bytes.length % size);
  return new Uint8Array(bytes.subarray(0, whole)).buffer;
};

const decoders: ReadonlyMap<number, Decode> = new Map<number, Decode>([
  [DataType.FLOAT, (bytes) => new Float32Array(of(bytes, 4))],
  [DataType.DOUBLE, (bytes) => new Float64Array(of(bytes, 8))],
  [DataType.FLOAT16, (bytes) => Float32Array.from(new Uint16Array(of(bytes, 2)), halfToFloat)],
  [DataType.BFLOAT16, (bytes) => new Float32Array(Uint32Array.from(new Uint16Array(of(bytes, 2)), (bits) => bits * 65536).buffer)],
  [DataType.FLOAT8E4M3FN, (bytes) => Float32Array.from(bytes, e4m3)],
  [DataType.FLOAT8E5M2, (bytes) => Float32Array.from(bytes, (byte) => halfToFloat(byte << 8))],
  [DataType.INT64, (bytes) => Float64Array.from(new BigInt64Array(of(bytes, 8)), Number)],
  [DataType.UINT64, (bytes) => Float64Array.from(new BigUint64Array(of(bytes, 8)), Number)],
  [DataType.INT32, (bytes) => new Int32Array(of(bytes, 4))],
  [DataType.UINT32, (bytes) => new Uint32Array(of(bytes, 4))],
  [DataType.INT16, (bytes) => new Int16Array(of(bytes, 2))],
  [DataType.UINT16, (bytes) => new Uint16Array(of(bytes, 2))],
  [DataType.INT8, (bytes) => new Int8Array(of(bytes, 1))],
  [DataType.UINT8, (bytes) => bytes],
  [DataType.BOOL, (bytes) => bytes],
  [DataType.INT4, (bytes) => Int8Array.from(pieces(bytes, 4), (piece) => (piece << 28) >> 28)],
  [DataType.UINT4, (bytes) => pieces(bytes, 4)],
  [DataType.INT2, (bytes) => Int8Array.from(pieces(bytes, 2), (piece) => (piece << 30) >> 30)],
  [DataType.UINT2, (bytes) => pieces(bytes, 2)],
]);

/** `count` numbers, fewer where there are not as many bytes; undefined for types without numbers here (texts, complex, rare small floats). */
export function numbersOf(dataType: number, bytes: Uint8Array, count: number): ArrayLike<number> | undefined {
  const numbers = decoders.get(dataType)?.(bytes);
  return numbers === undefined || numbers.length <= count ? numbers : Array.prototype.slice.call(numbers, 0, count);
}

/** Small elements of each byte, the lowest bits first. */
function pieces(bytes: Uint8Array, bits: number): Uint8Array {
  const perByte = 8 / bits;
  const mask = 2 ** bits - 1;
  return Uint8Array.from(
    { length: bytes.length * perByte },
    (_, i) => ((bytes[Math.floor(i / perByte)] ?? 0) >> ((i % perByte) * bits)) & mask,
  );
}

/** Exponent bias 7, no infinities, one NaN a sign; 448 is the largest. */
function e4m3(byte: number): number {
  const sign = byte & 0x80 ? -1 : 1;
  const exponent = (byte >> 3) & 0xf;
  const fraction = byte & 7;
  if (exponent === 15 && fraction === 7) return Number.NaN;
  return sign * (exponent === 0 ? fraction * 2 ** -9 : (1 + fraction / 8) * 2 ** (exponent - 7));
}
