/**
 * A whole `.npy` array in memory -> Tensor, and back. The header's claims are checked against the bytes that are there before anything is decoded.
 * Reading parts of large arrays is stored-array.ts.
 */
import { FileError } from "../effects/failure.ts";
import { elementCount, type Tensor, type TensorData } from "../model/tensor.ts";
import { codeOfDtype, decodeElements, elementBytes } from "./dtypes.ts";
import { type NpyHeader, parseNpyHeader } from "./npy-header.ts";

/** Throws FileError for a refused type, bytes missing and bytes left over. float16 comes back widened, with `dtype` still "float16". */
export function readNpy(name: string, bytes: Uint8Array, file: string): Tensor {
  const header = parseNpyHeader(bytes, file);
  checkLength(header, bytes.length, file);
  return { name, dtype: header.dtype, shape: header.shape, data: decodeData(header, bytes.subarray(header.dataOffset)) };
}

/** `available`: bytes of the array file, header included. `place`: its offset in `file`, for messages. */
export function checkLength(header: NpyHeader, available: number, file: string, place = 0): void {
  const wanted = header.dataOffset + header.dataBytes;
  if (available === wanted) return;
  const fault =
    available < wanted
      ? `is cut off: ${wanted} bytes are declared and ${available} are there`
      : `has ${available - wanted} bytes after its end`;
  throw new FileError(
    file,
    `the array of shape (${header.shape.join(", ")}) ${fault}. Save the file again.`,
    place + Math.min(available, wanted),
  );
}

/** Elements in row-major order; `bytes` are exactly the elements. */
export function decodeData(header: NpyHeader, bytes: Uint8Array): TensorData {
  const rowMajor = header.fortranOrder && header.shape.length > 1 ? toRowMajor(bytes, header.shape, elementBytes(header.dtype)) : bytes;
  return decodeElements(header.dtype, rowMajor, header.littleEndian);
}

/** Column-major elements of `size` bytes -> row-major. */
function toRowMajor(bytes: Uint8Array, shape: readonly number[], size: number): Uint8Array {
  const result = new Uint8Array(bytes.length);
  const index = shape.map(() => 0);
  const strides = shape.map((_, axis) => size * elementCount(shape.slice(0, axis)));
  for (let to = 0; to < bytes.length; to += size) {
    const from = index.reduce((sum, i, axis) => sum + i * (strides[axis] ?? 0), 0);
    for (let byte = 0; byte < size; byte++) result[to + byte] = bytes[from + byte] ?? 0;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const next = (index[axis] ?? 0) + 1;
      index[axis] = next === shape[axis] ? 0 : next;
      if (next !== shape[axis]) break;
    }
  }
  return result;
}

/** `.npy` version 1.0, row-major, little-endian; a widened float16 is stored as float32. The header is padded to 64 bytes as numpy does. */
export function writeNpy(tensor: Tensor): Uint8Array {
  const dtype = tensor.dtype === "float16" ? "float32" : tensor.dtype;
  const code = codeOfDtype(dtype);
  const shape = tensor.shape.length === 1 ? `${tensor.shape[0]},` : tensor.shape.join(", ");
  const text = `{'descr': '${elementBytes(dtype) === 1 ? "|" : "<"}${code}', 'fortran_order': False, 'shape': (${shape}), }`;
  const headerBytes = Math.ceil((10 + text.length + 1) / 64) * 64;
  const bytes = new Uint8Array(headerBytes + tensor.data.byteLength);
  bytes.set([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0]);
  new DataView(bytes.buffer).setUint16(8, headerBytes - 10, true);
  bytes.set(new TextEncoder().encode(`${text.padEnd(headerBytes - 11)}\n`), 10);
  bytes.set(new Uint8Array(tensor.data.buffer, tensor.data.byteOffset, tensor.data.byteLength), headerBytes);
  return bytes;
}
