/**
 * Walks the raw bytes of a protobuf message along the ONNX schema before anything is built from them,
 * so that a damaged or hostile file is a sentence with a byte offset. Does not look at values.
 */
import type { DescMessage } from "@bufbuild/protobuf";
import { FileError } from "../effects/failure.ts";

const maxDepth = 100;
/** A protobuf message cannot be larger: lengths are signed 32 bit in every reader. */
export const maxMessageBytes = 2 ** 31 - 1;

/** Throws FileError naming the first bad byte. */
export function validateWire(bytes: Uint8Array, schema: DescMessage, file: string): void {
  if (bytes.length > maxMessageBytes) {
    throw new FileError(file, `is ${bytes.length} bytes; a single ONNX file ends at 2 GiB. Save the weights as external data.`);
  }
  walk({ bytes, file }, { start: 0, end: bytes.length, schema, depth: 0 });
}

interface Source {
  readonly bytes: Uint8Array;
  readonly file: string;
}
interface Span {
  readonly start: number;
  readonly end: number;
  readonly schema: DescMessage;
  readonly depth: number;
}

function walk(source: Source, span: Span): void {
  if (span.depth > maxDepth) throw damaged(source, span.start, `messages are nested more than ${maxDepth} deep`);
  const fields = new Map(span.schema.fields.map((field) => [field.number, field]));
  let at = span.start;
  while (at < span.end) {
    const key = readVarint(source, at, span.end);
    const number = Math.floor(key.value / 8);
    const wireType = key.value % 8;
    if (number === 0 || number > 536_870_911) throw damaged(source, at, `field number ${number} does not exist in protobuf`);
    const body = bodySpan(source, { wireType, at: key.next, end: span.end, keyAt: at });
    const child = fields.get(number)?.message;
    if (wireType === 2 && child !== undefined) walk(source, { start: body.start, end: body.end, schema: child, depth: span.depth + 1 });
    at = body.end;
  }
}

function bodySpan(source: Source, field: { wireType: number; at: number; end: number; keyAt: number }): { start: number; end: number } {
  const { at, end } = field;
  switch (field.wireType) {
    case 0:
      return { start: at, end: readVarint(source, at, end).next };
    case 1:
      return fixed(source, at, 8, end);
    case 2: {
      const length = readVarint(source, at, end);
      return fixed(source, length.next, length.value, end);
    }
    case 5:
      return fixed(source, at, 4, end);
    default:
      throw damaged(source, field.keyAt, `wire type ${field.wireType} is not used by ONNX`);
  }
}

function fixed(source: Source, start: number, length: number, end: number): { start: number; end: number } {
  if (start + length > end) throw damaged(source, start, `${length} bytes are announced and ${end - start} are left`);
  return { start, end: start + length };
}

/** Values beyond 2^53 lose their low bits here; only lengths and field numbers are read from it. */
function readVarint(source: Source, at: number, end: number): { value: number; next: number } {
  let value = 0;
  let factor = 1;
  for (let i = 0; i < 10; i++) {
    const byte = at + i < end ? source.bytes[at + i] : undefined;
    if (byte === undefined) throw damaged(source, at, "the data ends inside a number");
    value += (byte & 0x7f) * factor;
    factor *= 128;
    if (byte < 0x80) return { value, next: at + i + 1 };
  }
  throw damaged(source, at, "a number is longer than 10 bytes");
}

const damaged = (source: Source, at: number, what: string) =>
  new FileError(source.file, `is no valid ONNX file: ${what}. Export or download the model again.`, at);
