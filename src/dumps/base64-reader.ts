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
      const bytes = decodeBase64(text, file, start + textStart, Math.min(Math.ceil(end / 3) * 3, sizeBytes) - Math.floor(position / 3) * 3);
      return bytes.subarray(position % 3, (position % 3) + end - position);
    },
    close: async () => {},
  };
}

/** Node's decoder skips what it does not know and takes the URL alphabet: both show as a wrong length or as `-` and `_`. */
function decodeBase64(text: Uint8Array, file: string, place: number, wanted: number): Uint8Array {
  const characters = Buffer.from(text.buffer, text.byteOffset, text.byteLength).toString("latin1");
  const bytes = Buffer.from(characters, "base64");
  if (bytes.length === wanted && !characters.includes("-") && !characters.includes("_")) return bytes;
  const wrong = characters.search(/[^A-Za-z0-9+/=]|=(?!=?$)/);
  throw new FileError(file, "the base64 text is damaged. Save the file again.", place + (wrong < 0 ? characters.length : wrong));
}
