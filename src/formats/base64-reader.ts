/**
 * The bytes behind a range of base64 text, decoded only where they are read. Strict: a character outside the alphabet is an error with its place.
 */

import type { FileReader } from "../effects/effects.ts";
import { FileError } from "../effects/failure.ts";

/** Bytes that base64 text of this length decodes to; undefined when it cannot be base64. `tail`: its last two characters. */
export function base64Size(length: number, tail: string): number | undefined {
  if (length % 4 !== 0) return undefined;
  const padding = tail.endsWith("==") ? 2 : tail.endsWith("=") ? 1 : 0;
  return (length / 4) * 3 - padding;
}

/** `start`: file offset of the text. Throws FileError for garbage. Closing it closes nothing. */
export function base64Reader(reader: FileReader, file: string, start: number, sizeBytes: number): FileReader {
  return {
    sizeBytes,
    read: async (position, length) => {
      const end = Math.min(position + length, sizeBytes);
      if (end <= position) return new Uint8Array(0);
      const textStart = Math.floor(position / 3) * 4;
      const text = await reader.read(start + textStart, Math.ceil(end / 3) * 4 - textStart);
      const groupStart = Math.floor(position / 3) * 3;
      const bytes = new Uint8Array(Math.ceil((end - groupStart) / 3) * 3);
      decodeBase64Into(bytes, 0, text, file, start + textStart, end - groupStart);
      return bytes.subarray(position - groupStart, end - groupStart);
    },
    close: async () => {},
  };
}

/** Characters handed to Node's decoder at a time: short texts live in V8's young space, long ones cost a mapping each. */
const pieceCharacters = 48 * 1024;

/**
 * Decodes into `target` from `offset`; at least `wanted` bytes must come out. Throws FileError for garbage and for text that is too short.
 * Node's decoder skips what it does not know and takes the URL alphabet: both show as a wrong count or as `-` and `_`.
 */
export function decodeBase64Into(target: Uint8Array, offset: number, text: Uint8Array, file: string, place: number, wanted: number): void {
  const from = Buffer.from(text.buffer, text.byteOffset, text.byteLength);
  const to = Buffer.from(target.buffer, target.byteOffset, target.byteLength);
  let written = 0;
  for (let at = 0; at < from.length; at += pieceCharacters) {
    const characters = from.toString("latin1", at, Math.min(from.length, at + pieceCharacters));
    const expected = Math.min((characters.length / 4) * 3, Math.max(0, wanted - written));
    const count = to.write(characters, offset + written, "base64");
    const foreign = characters.includes("-") || characters.includes("_");
    if (foreign || !(count >= expected) || count > (characters.length / 4) * 3) throw damaged(characters, file, place + at);
    written += count;
  }
  if (!(written >= wanted)) throw damaged("", file, place + text.length);
}

function damaged(characters: string, file: string, place: number): FileError {
  const wrong = characters.search(/[^A-Za-z0-9+/=]|=(?!=?$)/);
  return new FileError(file, "the base64 text is damaged. Save the file again.", place + (wrong < 0 ? characters.length : wrong));
}
