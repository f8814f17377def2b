/**
 * What trtexec's `--saveAllDebugTensors` leaves in a folder: `NNNN_<name>.npy` (or `.raw`) in order of execution, and `tensor_summary.json`
 * with the real names, since file names are made safe. TensorRT 10.12 and newer (samples/common/debugTensorWriter.cpp).
 */

import type { Files } from "../effects/effects.ts";
import { FileError } from "../effects/failure.ts";
import { type DType, elementCount } from "../model/tensor.ts";
import { elementBytes } from "./dtypes.ts";
import { readJson } from "./json-reader.ts";
import { npyFile, withFile } from "./npy-file.ts";
import { isList, isObject } from "./polygraphy-records.ts";
import type { StoredArray } from "./stored-array.ts";

const dtypes: Readonly<Record<string, DType>> = {
  FLOAT: "float32",
  HALF: "float16",
  INT8: "int8",
  INT32: "int32",
  INT64: "int64",
  UINT8: "uint8",
  BOOL: "bool",
};

/** With a summary, its names and files count; without, names come from the file names. A tensor saved only as text is refused by name. */
export async function debugTensors(path: string, names: readonly string[], files: Files): Promise<Map<string, StoredArray>> {
  const tensors = new Map<string, StoredArray>();
  const add = (name: string, array: StoredArray) => {
    if (tensors.has(name)) throw new FileError(array.file, `is the second array of tensor "${name.slice(0, 200)}". Save the folder again.`);
    tensors.set(name, array);
  };
  if (!names.includes("tensor_summary.json")) {
    for (const name of names) add(name.slice(5, -4).replace(/_to_(float|int8)$/, ""), await npyFile(`${path}/${name}`, files));
    return tensors;
  }
  const summary = `${path}/tensor_summary.json`;
  const value = await withFile(files, summary, (reader) => readJson<never>(reader, summary, (object) => object));
  const entries = isObject(value) ? value.get("tensors") : undefined;
  if (!isList(entries)) throw new FileError(summary, 'has no list of "tensors". Save the folder again.');
  for (const entry of entries) {
    const name = isObject(entry) ? entry.get("name") : undefined;
    const saved = isObject(entry) ? entry.get("files") : undefined;
    if (!isObject(entry) || typeof name !== "string" || !isObject(saved))
      throw new FileError(summary, "an entry has no name or no files. Save the folder with numpy or raw files.");
    add(name, await debugArray(path, name, entry, saved, files));
  }
  return tensors;
}

type Entry = ReadonlyMap<string, unknown>;

async function debugArray(path: string, name: string, entry: Entry, saved: Entry, files: Files): Promise<StoredArray> {
  const numpy = saved.get("numpy");
  if (typeof numpy === "string") return npyFile(inside(path, numpy), files);
  const raw = saved.get("raw") ?? saved.get("assigned");
  const dtype = dtypes[String(entry.get("type"))];
  if (typeof raw !== "string" || dtype === undefined)
    throw new FileError(
      `${path}/tensor_summary.json`,
      `tensor "${name.slice(0, 200)}" was saved neither as numpy nor as raw numbers. Save it with the numpy format.`,
    );
  const shape = entry.get("shape");
  const dims = Array.isArray(shape) ? shape.map(Number) : [];
  const file = inside(path, raw);
  const dataBytes = elementCount(dims) * elementBytes(dtype);
  const { sizeBytes } = await withFile(files, file, async (reader) => ({ sizeBytes: reader.sizeBytes }));
  if (sizeBytes !== dataBytes) throw new FileError(file, `has ${sizeBytes} bytes; the summary says ${dataBytes}. Save the folder again.`);
  return {
    kind: "array",
    file,
    place: { kind: "raw", start: 0, length: dataBytes },
    header: { dtype, littleEndian: true, fortranOrder: false, shape: dims, dataOffset: 0, dataBytes },
  };
}

/** The summary is data: a file it names must lie in its own folder. */
function inside(path: string, name: string): string {
  if (name.includes("/") || name.includes("\\") || name === ".." || name.includes("\0"))
    throw new FileError(`${path}/tensor_summary.json`, `names the file "${name.slice(0, 200)}" outside its folder. Save the folder again.`);
  return `${path}/${name}`;
}
