/**
 * One JSON file of tensors: Polygraphy RunResults or inputs, or trtexec's `--exportOutput`. Told apart by content, not by name.
 */

import type { FileReader } from "../effects/effects.ts";
import { FileError } from "../effects/failure.ts";
import { readJson } from "./json-reader.ts";
import { otherKind } from "./other-json.ts";
import {
  foldPolygraphy,
  isArray,
  isIteration,
  isList,
  isObject,
  isPending,
  isResults,
  type PolygraphyJson,
  settleArray,
} from "./polygraphy-records.ts";
import type { Iteration, Runner, SavedFile } from "./saved-file.ts";
import type { StoredArray } from "./stored-array.ts";
import { isTrtexecList, trtexecOutputs } from "./trtexec-output.ts";

/** Throws FileError for damaged files and refused records. `onBytes`: told how many bytes were read. */
export async function readTensorJson(reader: FileReader, file: string, onBytes?: (done: number) => void): Promise<SavedFile> {
  const value = await readJson(reader, file, foldPolygraphy(file), onBytes);
  const saved = { path: file, notes: [] };
  if (isResults(value))
    return { ...saved, format: "Polygraphy RunResults", holds: "outputs", runners: await runnersOf(value.runners, reader, file) };
  if (isTrtexecList(value)) {
    return {
      ...saved,
      format: "trtexec output",
      holds: "outputs",
      runners: [{ name: "trtexec", iterations: [trtexecOutputs(value, file)] }],
    };
  }
  const other = otherKind(value);
  if (other !== undefined) throw new FileError(file, `holds ${other}, no tensors. ${whatHoldsTensors}`);
  const feeds = isObject(value) ? [value] : value;
  if (!isList(feeds) || !feeds.every(isObject) || (feeds.length > 0 && !feeds.some(holdsArrays)))
    throw new FileError(file, `is JSON, but neither outputs nor inputs nor an engine's layers. ${whatHoldsTensors}`);
  const iterations: Iteration[] = [];
  for (const feed of feeds) iterations.push(await arraysOf(feed, reader, file));
  return { ...saved, format: "Polygraphy inputs", holds: "inputs", runners: [{ name: "inputs", iterations }] };
}

const whatHoldsTensors = "Give a file of --save-outputs, --save-inputs (polygraphy) or --exportOutput (trtexec).";

/** An empty feed counts: a model without inputs has such samples. */
const holdsArrays = (feed: ReadonlyMap<string, PolygraphyJson>): boolean =>
  feed.size === 0 || [...feed.values()].some((value) => isArray(value) || isPending(value));

async function runnersOf(value: PolygraphyJson, reader: FileReader, file: string): Promise<Runner[]> {
  const damaged = new FileError(file, "its list of runners is not as Polygraphy writes it. Save it again with --save-outputs.");
  if (!isList(value)) throw damaged;
  const runners: Runner[] = [];
  for (const pair of value) {
    const [name, records] = isList(pair) ? pair : [];
    if (typeof name !== "string" || !isList(records)) throw damaged;
    const iterations: Iteration[] = [];
    for (const record of records) {
      if (!isIteration(record)) throw damaged;
      iterations.push(await arraysOf(record.outputs, reader, file));
    }
    runners.push({ name, iterations });
  }
  return runners;
}

async function arraysOf(object: ReadonlyMap<string, PolygraphyJson>, reader: FileReader, file: string): Promise<Map<string, StoredArray>> {
  const arrays = new Map<string, StoredArray>();
  for (const [name, value] of object) {
    if (isArray(value)) arrays.set(name, value);
    else if (isPending(value)) arrays.set(name, await settleArray(value, reader, file));
    else throw new FileError(file, `tensor "${name.slice(0, 200)}" holds no array. Save the file with Polygraphy 0.27 or newer.`);
  }
  return arrays;
}
