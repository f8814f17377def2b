/**
 * Polygraphy's JSON records: which class an object says it is (current and legacy marks), and what it becomes.
 * Classes that would need Python to be read (torch tensors) and unknown ones are refused by name.
 */

import type { FileReader } from "../effects/effects.ts";
import { FileError } from "../effects/failure.ts";
import { base64Reader, base64Size } from "./base64-reader.ts";
import type { LongText, NumberList } from "./json-bytes.ts";
import type { Fold, Json, JsonObject } from "./json-reader.ts";
import { latin1Size } from "./latin1-reader.ts";
import { checkLength } from "./npy.ts";
import { npyHeaderBytes, parseNpyHeader, startsAsNpy } from "./npy-header.ts";
import { openPlace, type StoredArray, storeArray } from "./stored-array.ts";
import { readZipDirectory } from "./zip-directory.ts";
import { verifyEntry } from "./zip-entry.ts";

/** An array whose header is not yet read: a legacy encoding, or a header longer than what was kept. */
export interface PendingArray {
  readonly kind: "pending";
  readonly text: LongText;
  readonly isMadeUp?: boolean;
}
export interface IterationRecord {
  readonly kind: "iteration";
  readonly outputs: JsonObject<PolygraphyRecord>;
}
export interface ResultsRecord {
  readonly kind: "results";
  readonly runners: Json<PolygraphyRecord>;
}
export type PolygraphyRecord = StoredArray | PendingArray | IterationRecord | ResultsRecord;
export type PolygraphyJson = Json<PolygraphyRecord>;

/** A key of our own in an array's record, which Polygraphy passes over: a file that is renamed or moved still says what it holds. */
export const madeUpMark = { key: "made_up_by", value: "trt-gate inputs" } as const;

const legacyMark = "polygraphy_serialized_json_type";
const legacyPrefix = "__polygraphy_encoded_";

/** Objects without a mark stay plain. */
export function foldPolygraphy(file: string): Fold<PolygraphyRecord> {
  return (object, place) => {
    const name = className(object);
    if (name === undefined) return object;
    const refuse = (why: string): never => {
      throw new FileError(file, `${why}.`, place);
    };
    switch (name) {
      case "ndarray":
        return arrayOf(object, file, refuse);
      case "LazyArray":
      case "LazyNumpyArray":
        return object.get("values") ?? refuse(`a ${name} record has no "values". Save the file again`);
      case "IterationResult": {
        const outputs = object.get("outputs");
        return isObject(outputs) ? { kind: "iteration", outputs } : refuse('an iteration has no "outputs". Save the file again');
      }
      case "RunResults":
        return { kind: "results", runners: object.get("lst") ?? null };
      case "Tensor":
        return refuse("a torch.Tensor record is refused: reading it would unpickle it. Save numpy arrays");
      default:
        return refuse(`records of class "${name.slice(0, 100)}" are refused. Save outputs as numpy arrays with Polygraphy 0.27 or newer`);
    }
  };
}

/** Name of the class that an object is marked with; undefined for a plain object. */
export function className<F>(object: JsonObject<F>): string | undefined {
  const mark = object.get("polygraphy_class");
  if (typeof mark === "string") return mark;
  for (const [key, value] of object) if (value === legacyMark && key.startsWith(legacyPrefix)) return key.slice(legacyPrefix.length);
  return undefined;
}

function arrayOf(object: JsonObject<PolygraphyRecord>, file: string, refuse: (why: string) => never): PolygraphyRecord {
  const text = object.get("array");
  if (!isText(text)) return refuse('an ndarray record has no "array" text. Save the file again');
  const mark = object.get(madeUpMark.key) === undefined ? {} : { isMadeUp: true };
  if (!looksBase64(text)) return { kind: "pending", text, ...mark };
  const sizeBytes = base64Size(text.length, text.tail);
  if (sizeBytes === undefined)
    throw new FileError(file, `the base64 text of ${text.length} characters is cut off. Save the file again.`, text.start + text.length);
  const head = Buffer.from(text.head.slice(0, text.head.length - (text.head.length % 4)), "base64");
  if (!startsAsNpy(head) || head.length < npyHeaderBytes(head, file, text.start)) return { kind: "pending", text, ...mark };
  const header = parseNpyHeader(head, file, text.start);
  checkLength(header, sizeBytes, file, text.start);
  return { kind: "array", file, place: { kind: "base64", start: text.start, sizeBytes }, header, ...mark };
}

/** Reads what the fold left open, with its mark. */
export async function settleArray(pending: PendingArray, reader: FileReader, file: string): Promise<StoredArray> {
  const array = await settled(pending, reader, file);
  return pending.isMadeUp ? { ...array, isMadeUp: true } : array;
}

/** An `.npz` inside counts with its first array, as in Polygraphy. */
async function settled(pending: PendingArray, reader: FileReader, file: string): Promise<StoredArray> {
  const { start, length, tail } = pending.text;
  const base64Bytes = looksBase64(pending.text) ? base64Size(length, tail) : undefined;
  const place =
    base64Bytes === undefined
      ? ({ kind: "latin1", start, length, sizeBytes: await latin1Size(reader, file, pending.text) } as const)
      : ({ kind: "base64", start, sizeBytes: base64Bytes } as const);
  const bytes = base64Bytes === undefined ? openPlace(reader, file, place) : base64Reader(reader, file, start, base64Bytes);
  const first = await bytes.read(0, 6);
  if (startsAsNpy(first)) return storeArray(file, place, reader);
  if (first[0] === 0x80)
    throw new FileError(
      file,
      "an array record holds a pickle, which is never loaded. Save the outputs with Polygraphy 0.27 or newer.",
      start,
    );
  if (first[0] !== 0x50 || first[1] !== 0x4b) throw new FileError(file, "an array record holds no .npy array. Save the file again.", start);
  const [entry] = await readZipDirectory(bytes, file);
  if (!entry) throw new FileError(file, "an array record holds an archive without arrays. Save the file again.", start);
  await verifyEntry(bytes, entry, file);
  return storeArray(file, { kind: "entry", entry, archive: place }, reader);
}

const looksBase64 = (text: LongText): boolean => !text.escaped && /^[A-Za-z0-9+/]*={0,2}$/.test(text.head);

const hasKind = (value: unknown, kind: string): boolean =>
  typeof value === "object" && value !== null && "kind" in value && value.kind === kind;
const isText = (value: unknown): value is LongText => hasKind(value, "text");

/** A JSON list of nothing but numbers, still in the file. */
export const isNumberList = (value: unknown): value is NumberList => hasKind(value, "numbers");

/** An array whose place in the file is known. */
export const isArray = (value: unknown): value is StoredArray => hasKind(value, "array");

/** An array whose bytes were found and not opened yet. */
export const isPending = (value: unknown): value is PendingArray => hasKind(value, "pending");

/** One iteration's outputs. */
export const isIteration = (value: unknown): value is IterationRecord => hasKind(value, "iteration");

/** A whole file of RunResults. */
export const isResults = (value: unknown): value is ResultsRecord => hasKind(value, "results");

/** Objects are maps: a key such as `__proto__` is one like any other. */
export const isObject = <F>(value: Json<F> | undefined): value is JsonObject<F> => value instanceof Map;

/** A JSON list, also an empty one. */
export const isList = <F>(value: Json<F> | undefined): value is readonly Json<F>[] => Array.isArray(value);
