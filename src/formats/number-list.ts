/** A list of numbers written as text (trtexec's `values`), read as the float64 bytes that it stands for. */

import type { FileReader } from "../effects/effects.ts";
import { FileError } from "../effects/failure.ts";
import { forwardReader } from "./forward-reader.ts";
import { parseNumber } from "./json-reader.ts";

const chunkBytes = 256 * 1024;

/** `start` and `length`: the text between the brackets. Throws FileError at the first word that is no number. */
export function numbersReader(reader: FileReader, file: string, list: { start: number; length: number; count: number }): FileReader {
  return forwardReader(list.count * 8, () => produce(reader, file, list.start, list.length));
}

async function* produce(reader: FileReader, file: string, start: number, length: number): AsyncGenerator<Uint8Array> {
  let rest = "";
  for (let done = 0; done < length; ) {
    const chunk = await reader.read(start + done, Math.min(chunkBytes, length - done));
    if (chunk.length === 0) return;
    const text = rest + new TextDecoder("latin1").decode(chunk);
    const cut = done + chunk.length >= length ? text.length : text.lastIndexOf(",") + 1;
    const whole = text.slice(0, cut);
    if (whole.trim() !== "") yield toFloat64(whole.replace(/,\s*$/, ""), file, start + done - rest.length);
    rest = text.slice(cut);
    done += chunk.length;
  }
}

function toFloat64(text: string, file: string, place: number): Uint8Array {
  const words = text.split(",");
  const values = new Float64Array(words.length);
  words.forEach((word, i) => {
    const value = parseNumber(word.trim());
    if (value === undefined) throw new FileError(file, `"${word.trim().slice(0, 40)}" is no number. Save the file again.`, place);
    values[i] = value;
  });
  return new Uint8Array(values.buffer);
}
