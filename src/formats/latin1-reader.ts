/**
 * Polygraphy's oldest encoding: the bytes of a `.npy` (or `.npz`) written as a text, one character a byte, with JSON escapes.
 * The text is UTF-8 in the file, so its bytes are unescaped and narrowed while they are read.
 */

import type { FileReader } from "../effects/effects.ts";
import { FileError } from "../effects/failure.ts";
import { forwardReader } from "./forward-reader.ts";

const chunkBytes = 256 * 1024;

/** `text`: where the quoted text lies in the file, and how many bytes it stands for. FileError while reading damaged text. */
export function latin1Reader(reader: FileReader, file: string, text: { start: number; length: number; sizeBytes: number }): FileReader {
  return forwardReader(text.sizeBytes, () => unescapeText(reader, file, text.start, text.length));
}

/** Number of bytes that the text stands for: one pass over it. */
export async function latin1Size(reader: FileReader, file: string, text: { start: number; length: number }): Promise<number> {
  let size = 0;
  for await (const bytes of unescapeText(reader, file, text.start, text.length)) size += bytes.length;
  return size;
}

/** `JSON.parse` of pieces that never cut an escape or a character in two. Throws FileError for a character above 255. */
export async function* unescapeText(reader: FileReader, file: string, start: number, length: number): AsyncGenerator<Uint8Array> {
  let done = 0;
  while (done < length) {
    const chunk = await reader.read(start + done, Math.min(chunkBytes, length - done));
    if (chunk.length === 0) throw new FileError(file, "the file ends inside a text. Save it again.", start + done);
    const whole = done + chunk.length >= length ? chunk.length : wholeCharacters(chunk);
    yield narrow(chunk.subarray(0, whole), file, start + done);
    done += whole;
  }
}

/** Cuts before an escape or UTF-8 sequence that may go on beyond the chunk. */
function wholeCharacters(chunk: Uint8Array): number {
  let cut = chunk.length;
  while (cut > 0 && ((chunk[cut - 1] ?? 0) & 0xc0) === 0x80) cut--;
  if (cut > 0 && (chunk[cut - 1] ?? 0) >= 0xc0) cut--;
  const mark = chunk.subarray(Math.max(0, cut - 6), cut).lastIndexOf(0x5c);
  if (mark < 0) return cut;
  let first = Math.max(0, cut - 6) + mark;
  while (first > 0 && chunk[first - 1] === 0x5c) first--;
  return first > 0 ? first : cut;
}

function narrow(bytes: Uint8Array, file: string, place: number): Uint8Array {
  let text: string;
  try {
    text = String(JSON.parse(`"${new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes)}"`));
  } catch {
    throw new FileError(file, "a text is no UTF-8 or holds a wrong escape. Save the file again.", place);
  }
  const result = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 255) throw new FileError(file, `the array text holds the character ${code}, which is no byte. Save the file again.`, place);
    result[i] = code;
  }
  return result;
}
