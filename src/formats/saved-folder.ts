/**
 * A folder of saved tensors: Polygraphy's numbered iterations, one `.npz` a sample, one `.npy` a tensor, or trtexec's debug tensors.
 * A hole in the numbers or a file that does not belong there is an error that names it: a comparison must not quietly lose samples.
 */

import type { Files } from "../effects/effects.ts";
import { ConfigError, FileError } from "../effects/failure.ts";
import { debugTensors } from "./debug-tensors.ts";
import { npyFile, withFile } from "./npy-file.ts";
import { readNpz } from "./npz.ts";
import { readTensorJson } from "./polygraphy-file.ts";
import type { Iteration, Runner, SavedFile } from "./saved-file.ts";
import type { StoredArray } from "./stored-array.ts";

/** Hidden files are passed over. ConfigError for an empty folder, FileError for what does not belong there. */
export async function openFolder(path: string, files: Files): Promise<SavedFile> {
  const names = (await files.list(path)).filter((name) => !name.startsWith("."));
  const saved = { path, notes: [], holds: "outputs" as const };
  if (names.length === 0) throw new ConfigError(`${path} is an empty folder. Name a folder of saved tensors.`);
  if (names.includes("tensor_summary.json") || names.every((name) => /^\d{4}_.*\.npy$/.test(name))) {
    return {
      ...saved,
      format: "trtexec debug tensors",
      runners: [{ name: "trtexec", iterations: [await debugTensors(path, names, files)] }],
    };
  }
  const ending = names[0]?.split(".").at(-1);
  const foreign = names.find((name) => !name.endsWith(`.${ending}`));
  if (foreign !== undefined)
    throw new FileError(`${path}/${foreign}`, `does not belong beside ${names[0]}. Keep files of one kind in the folder.`);
  if (ending === "json") return openIterations(path, names, files);
  if (ending === "npz")
    return { ...saved, format: "folder of .npz", runners: [{ name: "npz", iterations: await archives(path, names, files) }] };
  if (ending === "npy")
    return { ...saved, format: "folder of .npy", runners: [{ name: "npy", iterations: [await arrays(path, names, files)] }] };
  throw new FileError(`${path}/${names[0]}`, "is no .json, .npz or .npy. Name a folder of saved tensors.");
}

/** `0000000000.json`, `0000000001.json`, …: each a RunResults of one iteration, or one feed. */
async function openIterations(path: string, names: readonly string[], files: Files): Promise<SavedFile> {
  names.forEach((name, i) => {
    const wanted = `${String(i).padStart(10, "0")}.json`;
    if (name !== wanted) throw new FileError(`${path}/${name}`, `stands where iteration ${wanted} is expected. Save the folder again.`);
  });
  const parts: SavedFile[] = [];
  for (const name of names) parts.push(await withFile(files, `${path}/${name}`, (reader) => readTensorJson(reader, `${path}/${name}`)));
  const [first] = parts;
  if (!first) throw new ConfigError(`${path} is an empty folder. Name a folder of saved tensors.`);
  const odd = parts.find((part) => part.format !== first.format || part.runners.length !== first.runners.length);
  if (odd)
    throw new FileError(
      odd.path,
      `holds ${odd.format} of ${odd.runners.length} runners, the first file ${first.format} of ${first.runners.length}. Save the folder again.`,
    );
  const runners: Runner[] = first.runners.map(({ name }, i) => ({
    name,
    iterations: parts.flatMap((part) => part.runners[i]?.iterations ?? []),
  }));
  return { ...first, path, format: `${first.format}, folder of iterations`, runners };
}

async function archives(path: string, names: readonly string[], files: Files): Promise<Iteration[]> {
  const iterations: Iteration[] = [];
  for (const name of names) iterations.push(await withFile(files, `${path}/${name}`, (reader) => readNpz(reader, `${path}/${name}`)));
  return iterations;
}

async function arrays(path: string, names: readonly string[], files: Files): Promise<Iteration> {
  const tensors = new Map<string, StoredArray>();
  for (const name of names) tensors.set(name.slice(0, -4), await npyFile(`${path}/${name}`, files));
  return tensors;
}
