/**
 * JSON of any size as plain values: long texts and lists of numbers stay in the file as ranges, and every object passes through `fold`
 * as soon as it is closed, so that records become small at once. Bare NaN and Infinity are read, as Python writes them.
 * Bounded: depth, key length, number of values. Every error has its byte offset.
 */

import { JsonBytes, type LongText, type NumberList, shortTextBytes } from "./json-bytes.ts";
import type { RangeReader } from "./range-reader.ts";

export type JsonObject<F> = ReadonlyMap<string, Json<F>>;
export type Json<F> = null | boolean | number | string | LongText | NumberList | readonly Json<F>[] | JsonObject<F> | F;
/** `place`: offset of the object's opening brace. May throw to refuse the object. */
export type Fold<F> = (object: JsonObject<F>, place: number) => Json<F>;

const maxDepth = 64;
const maxKeyBytes = 64 * 1024;
const maxValues = 5_000_000;
/** Lists of more numbers stay in the file. */
const shortList = 256;
/** Keys whose texts always stay in the file: Polygraphy's encoded arrays. */
const bulkKeys: ReadonlySet<string> = new Set(["array", "tensor"]);

/** Throws FileError for anything that is not one whole JSON value. `onBytes` is told how many bytes were read. */
export async function readJson<F>(reader: RangeReader, file: string, fold: Fold<F>, onBytes?: (done: number) => void): Promise<Json<F>> {
  const bytes = new JsonBytes(reader, file, onBytes);
  const budget = { values: 0 };
  const value = await readValue(bytes, fold, budget, 0);
  if ((await bytes.peek()) !== -1) bytes.fail("something follows the JSON value");
  return value;
}

interface Budget {
  values: number;
}

async function readValue<F>(bytes: JsonBytes, fold: Fold<F>, budget: Budget, depth: number, keepBytes = shortTextBytes): Promise<Json<F>> {
  if (++budget.values > maxValues) bytes.fail(`it holds more than ${maxValues} values`);
  if (depth > maxDepth) bytes.fail(`it is nested deeper than ${maxDepth}`);
  const first = await bytes.peek();
  if (first === 0x7b) return readObject(bytes, fold, budget, depth);
  if (first === 0x5b) return readList(bytes, fold, budget, depth);
  if (first === 0x22) {
    bytes.skip();
    return bytes.text(keepBytes);
  }
  if (first === -1) return bytes.fail("the file ends where a value is expected");
  return readWord(bytes);
}

async function readObject<F>(bytes: JsonBytes, fold: Fold<F>, budget: Budget, depth: number): Promise<Json<F>> {
  const place = bytes.offset;
  bytes.skip();
  const object = new Map<string, Json<F>>();
  if ((await bytes.peek()) === 0x7d) {
    bytes.skip();
    return fold(object, place);
  }
  for (;;) {
    if ((await bytes.peek()) !== 0x22) bytes.fail("a key in quotes is expected");
    const keyPlace = bytes.offset;
    bytes.skip();
    const key = await bytes.text(maxKeyBytes);
    if (typeof key !== "string") return bytes.fail(`a key is longer than ${maxKeyBytes} bytes`, keyPlace);
    if (object.has(key)) return bytes.fail(`"${key.slice(0, 200)}" stands twice in one object`, keyPlace);
    if ((await bytes.peek()) !== 0x3a) bytes.fail("a colon is expected");
    bytes.skip();
    object.set(key, await readValue(bytes, fold, budget, depth + 1, bulkKeys.has(key) ? -1 : shortTextBytes));
    if (!(await another(bytes, 0x7d))) return fold(object, place);
  }
}

async function readList<F>(bytes: JsonBytes, fold: Fold<F>, budget: Budget, depth: number): Promise<Json<F>> {
  bytes.skip();
  const list: Json<F>[] = [];
  if ((await bytes.peek()) === 0x5d) {
    bytes.skip();
    return list;
  }
  const start = bytes.offset;
  for (;;) {
    list.push(await readValue(bytes, fold, budget, depth + 1));
    if (!(await another(bytes, 0x5d))) return list;
    if (list.length >= shortList && list.every((value) => typeof value === "number")) {
      const rest = await bytes.numbers();
      return { kind: "numbers", start, length: rest.start + rest.length - start, count: list.length + rest.count };
    }
  }
}

/** Takes a comma (true) or the closing byte (false). */
async function another(bytes: JsonBytes, close: number): Promise<boolean> {
  const byte = await bytes.peek();
  if (byte === -1) bytes.fail("the file ends before everything is closed");
  if (byte !== 0x2c && byte !== close) bytes.fail("a comma or a closing bracket is expected");
  bytes.skip();
  return byte === 0x2c;
}

async function readWord(bytes: JsonBytes): Promise<null | boolean | number> {
  const place = bytes.offset;
  const word = await bytes.word();
  if (word === "null") return null;
  if (word === "true" || word === "false") return word === "true";
  return parseNumber(word) ?? bytes.fail(`"${word}" is no JSON value`, place);
}

const specials: ReadonlyMap<string, number> = new Map([
  ["nan", Number.NaN],
  ["-nan", Number.NaN],
  ["inf", Number.POSITIVE_INFINITY],
  ["-inf", Number.NEGATIVE_INFINITY],
  ["infinity", Number.POSITIVE_INFINITY],
  ["-infinity", Number.NEGATIVE_INFINITY],
]);

/** JSON numbers and the special words of Python and C++ (`NaN`, `Infinity`, `inf`, `-nan`); undefined for anything else. */
export function parseNumber(word: string): number | undefined {
  if (/^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(word)) return Number(word);
  return specials.get(word.toLowerCase());
}
