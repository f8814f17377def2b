/** JSON that TensorRT's tools write beside outputs and inputs, told by its keys, so that a file of another kind is called by its name. */
import { isList, isObject, type PolygraphyJson } from "./polygraphy-records.ts";

interface Kind {
  readonly what: string;
  /** Keys that its objects have: all of one line. */
  readonly keys: readonly string[];
}

/** Of the objects in a list. */
const entries: readonly Kind[] = [
  { what: "times of trtexec (--exportTimes)", keys: ["startComputeMs", "endComputeMs"] },
  { what: "a layer profile of trtexec (--exportProfile)", keys: ["name", "averageMs", "percentage"] },
];

/** Of the object itself. */
const objects: readonly Kind[] = [
  { what: "an engine's layers from its inspector (--exportLayerInfo)", keys: ["Layers"] },
  { what: "metadata of an engine (TensorRT engine explorer)", keys: ["engine_file"] },
  { what: "a report of this gate", keys: ["schemaVersion", "models"] },
];

const replayNode = /^_N\d+_(outputs|inputs)$/;

/** Undefined where it could be inputs: an object, or a list of objects, whose values are arrays is read as such. */
export function otherKind(value: PolygraphyJson): string | undefined {
  if (isObject(value)) {
    if (value.size > 0 && [...value.keys()].every((key) => replayNode.test(key))) return "a replay of polygraphy debug (--save-replay)";
    return objects.find(({ keys }) => keys.every((key) => value.has(key)))?.what;
  }
  if (!isList(value)) return undefined;
  return entries.find(({ keys }) => value.some((one) => isObject(one) && keys.every((key) => one.has(key))))?.what;
}
