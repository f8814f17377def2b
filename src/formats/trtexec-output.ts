/**
 * trtexec's `--exportOutput`: a list of `{"name", "dimensions": "1x2", "values": [...]}`. The element type is not in the file,
 * so the numbers, which trtexec prints with about six digits, are read as float64. `nan` and `inf` stand bare in it.
 */
import { FileError } from "../effects/failure.ts";
import { elementCount } from "../model/tensor.ts";
import type { NumberList } from "./json-bytes.ts";
import type { Json, JsonObject } from "./json-reader.ts";
import { isList, isNumberList, isObject } from "./polygraphy-records.ts";
import type { StoredArray } from "./stored-array.ts";

/** False for an empty list: nothing says what it is. */
export function isTrtexecList<F>(value: Json<F>): value is readonly JsonObject<F>[] {
  return isList(value) && value.length > 0 && value.every((entry) => isObject(entry) && entry.has("dimensions") && entry.has("values"));
}

/** Throws FileError where the dimensions do not say how many values there are. */
export function trtexecOutputs<F>(entries: readonly JsonObject<F>[], file: string): Map<string, StoredArray> {
  const arrays = new Map<string, StoredArray>();
  for (const entry of entries) {
    const name = nameOf(entry.get("name"), file);
    if (arrays.has(name)) throw new FileError(file, `tensor "${name.slice(0, 200)}" stands twice. Save the file again.`);
    arrays.set(name, arrayOf(name, entry, file));
  }
  return arrays;
}

function arrayOf<F>(name: string, entry: JsonObject<F>, file: string): StoredArray {
  const values = entry.get("values");
  const dimensions = String(entry.get("dimensions"));
  const shape = dimensions === "" || dimensions === "()" ? [] : dimensions.split("x").map(Number);
  const place = isNumberList(values) ? listPlace(values) : inlinePlace(values);
  if (!place || !shape.every((dim) => Number.isSafeInteger(dim) && dim >= 0) || elementCount(shape) !== place.count) {
    throw new FileError(
      file,
      `tensor "${name.slice(0, 200)}" has the dimensions "${dimensions.slice(0, 100)}" and ${place ? place.count : "no"} values. Save the file again.`,
    );
  }
  return {
    kind: "array",
    file,
    place,
    header: { dtype: "float64", littleEndian: true, fortranOrder: false, shape, dataOffset: 0, dataBytes: place.count * 8 },
  };
}

const listPlace = ({ start, length, count }: NumberList) => ({ kind: "numbers", start, length, count }) as const;
const inlinePlace = (values: unknown) =>
  Array.isArray(values) && values.every((value) => typeof value === "number")
    ? ({ kind: "values", start: 0, values, count: values.length } as const)
    : undefined;

function nameOf(value: unknown, file: string): string {
  if (typeof value === "string") return value;
  throw new FileError(file, "an output has no name, or one of more than 1,024 bytes. Save the file again.");
}
