/**
 * An array that lies in a file: its type, shape and where its bytes are. Small enough to keep thousands and to hand to a worker thread;
 * the elements are read block by block, when somebody asks.
 */
import type { FileReader } from "../effects/effects.ts";
import type { Tensor, TensorData } from "../model/tensor.ts";
import { base64Reader } from "./base64-reader.ts";
import { decodeElements, elementBytes } from "./dtypes.ts";
import { memoryReader, sliceReader } from "./forward-reader.ts";
import { latin1Reader } from "./latin1-reader.ts";
import { checkLength, decodeData } from "./npy.ts";
import { type NpyHeader, npyHeaderBytes, parseNpyHeader } from "./npy-header.ts";
import { numbersReader } from "./number-list.ts";
import type { ZipEntry } from "./zip-directory.ts";
import { openEntry } from "./zip-entry.ts";

/** Where the bytes of a `.npy` lie. `numbers`: a list of numbers as text, read as float64 without a header. */
export type Place =
  | { readonly kind: "raw"; readonly start: number; readonly length: number }
  | { readonly kind: "base64"; readonly start: number; readonly sizeBytes: number }
  | { readonly kind: "latin1"; readonly start: number; readonly length: number; readonly sizeBytes: number }
  /** `archive`: where the archive itself is encoded; undefined when it is the file. */
  | { readonly kind: "entry"; readonly entry: ZipEntry; readonly archive?: Place }
  | { readonly kind: "numbers"; readonly start: number; readonly length: number; readonly count: number }
  /** A list so short that it was kept. */
  | { readonly kind: "values"; readonly start: number; readonly values: readonly number[]; readonly count: number };

export interface StoredArray {
  readonly kind: "array";
  readonly file: string;
  readonly place: Place;
  readonly header: NpyHeader;
  /** Of an input that `trt-gate inputs` made up, as its record says. */
  readonly isMadeUp?: boolean;
}

/** Reads the header at `place` and checks it against the bytes that are there. */
export async function storeArray(file: string, place: Place, reader: FileReader): Promise<StoredArray> {
  const bytes = openPlace(reader, file, place);
  const start = await bytes.read(0, 12);
  const header = parseNpyHeader(await bytes.read(0, npyHeaderBytes(start, file, offsetOf(place))), file, offsetOf(place));
  checkLength(header, bytes.sizeBytes, file, offsetOf(place));
  await bytes.close();
  return { kind: "array", file, place, header };
}

/** `reader` is open on `array.file` and stays the caller's. */
export const openArray = (array: StoredArray, reader: FileReader): FileReader => openPlace(reader, array.file, array.place);

/** The bytes of the array file at `place`. Closing it closes nothing of `reader`. */
export function openPlace(reader: FileReader, file: string, place: Place): FileReader {
  switch (place.kind) {
    case "raw":
      return sliceReader(reader, place.start, place.length);
    case "base64":
      return base64Reader(reader, file, place.start, place.sizeBytes);
    case "latin1":
      return latin1Reader(reader, file, place);
    case "entry":
      return openEntry(place.archive ? openPlace(reader, file, place.archive) : reader, place.entry, file);
    case "numbers":
      return numbersReader(reader, file, place);
    case "values":
      return memoryReader(new Uint8Array(Float64Array.from(place.values).buffer));
  }
}

/** Offset in the file, for messages. */
const offsetOf = (place: Place): number => {
  if (place.kind !== "entry") return place.start;
  return place.archive ? offsetOf(place.archive) : place.entry.dataStart;
};

/** Elements `first` to `first + count` in row-major order. A column-major array of rank 2 or more is read whole by `readTensor` instead. */
export async function readElements(array: StoredArray, bytes: FileReader, first: number, count: number): Promise<TensorData> {
  const { header } = array;
  const size = elementBytes(header.dtype);
  const wanted = count * size;
  const part = await bytes.read(header.dataOffset + first * size, wanted);
  if (part.length !== wanted) checkLength(header, header.dataOffset + first * size + part.length, array.file, offsetOf(array.place));
  return decodeElements(header.dtype, part, header.littleEndian);
}

/** True where blocks of the file are blocks of the row-major array. */
export const isRowMajor = (header: NpyHeader): boolean => !header.fortranOrder || header.shape.length < 2;

/** Whole, in row-major order. FileError for an array that is cut off. */
export async function readTensor(name: string, array: StoredArray, reader: FileReader): Promise<Tensor> {
  const { header } = array;
  const bytes = openArray(array, reader);
  const part = await bytes.read(header.dataOffset, header.dataBytes);
  await bytes.close();
  checkLength(header, header.dataOffset + part.length, array.file, offsetOf(array.place));
  return { name, dtype: header.dtype, shape: header.shape, data: decodeData(header, part) };
}
