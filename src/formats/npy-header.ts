/**
 * The header of a `.npy` array: a Python dict literal of exactly `descr`, `fortran_order` and `shape`, read by grammar and never evaluated.
 * Decides which arrays are refused (pickled objects, records, raw bytes) before anything is allocated.
 */
import { FileError } from "../effects/failure.ts";
import type { DType } from "../model/tensor.ts";
import { dtypeOfCode, elementBytes } from "./dtypes.ts";

export interface NpyHeader {
  readonly dtype: DType;
  readonly littleEndian: boolean;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
  /** Where the elements start, from the start of the array file. */
  readonly dataOffset: number;
  readonly dataBytes: number;
}

/** Longest header that is read; numpy's own limit is 10,000 characters. */
const maxHeaderBytes = 65_536;
const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/** True where the bytes start as a `.npy` file does. */
export const startsAsNpy = (bytes: Uint8Array): boolean => magic.every((byte, i) => bytes[i] === byte);

/** Bytes of the whole header; needs the first 12. Throws FileError where no `.npy` starts. `place`: file offset of the array, for messages. */
export function npyHeaderBytes(start: Uint8Array, file: string, place = 0): number {
  if (!startsAsNpy(start)) throw new FileError(file, "no .npy array starts here. Save it again with numpy.save.", place);
  const version = start[6] ?? 0;
  if (version < 1 || version > 3 || start.length < 10)
    throw new FileError(file, `.npy version ${version} is not known. Save it again with numpy.save.`, place + 6);
  const view = new DataView(start.buffer, start.byteOffset, start.byteLength);
  if (version > 1 && start.length < 12) throw new FileError(file, "the .npy header is cut off. Save the file again.", place + start.length);
  const length = version === 1 ? 10 + view.getUint16(8, true) : 12 + view.getUint32(8, true);
  if (length > maxHeaderBytes)
    throw new FileError(file, `the .npy header claims ${length} bytes, more than ${maxHeaderBytes}. Save the file again.`, place + 8);
  return length;
}

/** `bytes` holds at least the whole header. Checks nothing of the data that follows. */
export function parseNpyHeader(bytes: Uint8Array, file: string, place = 0): NpyHeader {
  const dataOffset = npyHeaderBytes(bytes, file, place);
  if (bytes.length < dataOffset) throw new FileError(file, "the .npy header is cut off. Save the file again.", place + bytes.length);
  const textStart = bytes[6] === 1 ? 10 : 12;
  const text = new TextDecoder("latin1").decode(bytes.subarray(textStart, dataOffset));
  const refuse = (why: string, at = 0): never => {
    throw new FileError(file, `the .npy header is refused: ${why}.`, place + textStart + at);
  };
  const { descr, fortranOrder, shape } = readDict(text, refuse);
  const { dtype, littleEndian } = readDescr(descr, refuse);
  const dataBytes = shape.reduce((product, dim) => product * dim, elementBytes(dtype));
  const largest = shape.reduce((product, dim) => product * Math.max(1, dim), elementBytes(dtype));
  if (!(largest <= Number.MAX_SAFE_INTEGER)) refuse(`shape (${shape.join(", ")}) has more than 2^53 bytes`);
  return { dtype, littleEndian, fortranOrder, shape, dataOffset, dataBytes };
}

type Refuse = (why: string, at?: number) => never;

function readDict(text: string, refuse: Refuse): { descr: string; fortranOrder: boolean; shape: number[] } {
  const found: { descr?: string; fortranOrder?: boolean; shape?: number[] } = {};
  let at = 0;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const match = pattern.exec(text);
    if (match) at = pattern.lastIndex;
    return match?.[1] ?? match?.[0];
  };
  const quoted = () => take(/\s*'([^'\\]*)'/y) ?? take(/\s*"([^"\\]*)"/y);
  if (take(/\s*\{/y) === undefined) refuse("it is no dict", at);
  while (take(/\s*\}/y) === undefined) {
    const key = quoted();
    if (key === undefined || take(/\s*:/y) === undefined) refuse("a key is expected", at);
    if (key !== undefined && Object.hasOwn(found, camel(key))) refuse(`'${key}' stands twice`, at);
    if (key === "descr") {
      const descr = quoted();
      if (descr === undefined) refuse("structured or unknown 'descr'; only plain numbers are read", at);
      else found.descr = descr;
    } else if (key === "fortran_order") {
      const order = take(/\s*(True|False)\b/y);
      if (order === undefined) refuse("'fortran_order' is neither True nor False", at);
      found.fortranOrder = order === "True";
    } else if (key === "shape") found.shape = readShape(take, () => at, refuse);
    else refuse(`unknown key '${(key ?? "").slice(0, 60)}'`, at);
    if (take(/\s*,/y) === undefined && !/^\s*\}/.test(text.slice(at, at + 16))) refuse("a comma is missing", at);
  }
  if (take(/\s*$/y) === undefined) refuse("something follows the dict", at);
  const { descr, fortranOrder, shape } = found;
  if (descr === undefined || fortranOrder === undefined || shape === undefined)
    return refuse("'descr', 'fortran_order' or 'shape' is missing");
  return { descr, fortranOrder, shape };
}

const camel = (key: string) => (key === "fortran_order" ? "fortranOrder" : key);

function readShape(take: (pattern: RegExp) => string | undefined, at: () => number, refuse: Refuse): number[] {
  const shape: number[] = [];
  if (take(/\s*\(/y) === undefined) refuse("'shape' is no tuple", at());
  while (take(/\s*\)/y) === undefined) {
    const dim = take(/\s*(\d{1,16})L?/y);
    if (dim === undefined) refuse("'shape' holds something that is no size", at());
    shape.push(Number(dim));
    const comma = take(/\s*,/y) !== undefined;
    if (shape.length > 64) refuse("'shape' has more than 64 dimensions", at());
    if (!comma) {
      if (take(/\s*\)/y) === undefined) refuse("'shape' is not closed", at());
      if (shape.length === 1) refuse("'shape' is a number in brackets, no tuple", at());
      return shape;
    }
  }
  return shape;
}

function readDescr(descr: string, refuse: Refuse): { dtype: DType; littleEndian: boolean } {
  const match = /^([<>|=])([A-Za-z])(\d*)$/.exec(descr);
  const [, order = "", kind = "", size = ""] = match ?? [];
  if (kind === "O") refuse(`it holds pickled Python objects ('${descr}'), which are never loaded. Save plain numbers`);
  if (kind === "V")
    refuse(`it holds raw ${size}-byte data ('${descr}', as bfloat16 is saved): the type is lost. Save the output as float32`);
  const dtype = match ? dtypeOfCode(kind + size) : undefined;
  if (dtype === undefined) return refuse(`type '${descr.slice(0, 60)}' is not supported. Save it as float32 or an integer type`);
  return { dtype, littleEndian: order !== ">" };
}
