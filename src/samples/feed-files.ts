/** Which files give the samples: one `.npz`, `.npy` or inputs JSON, or a folder of them in the order of their names. */

import type { Files } from "../effects/effects.ts";
import { ConfigError } from "../effects/failure.ts";
import { openSaved } from "../formats/open-saved.ts";
import type { SavedFile } from "../formats/saved-file.ts";
import type { ModelInput } from "./model-input.ts";
import { cutPart, type FeedPart, wholePart } from "./sample-file.ts";

/** Throws ConfigError for files that hold no inputs. */
export async function feedParts(path: string, inputs: readonly ModelInput[], files: Files): Promise<FeedPart[]> {
  return (await savedSamples(path, files)).map((saved) => partOf(saved, inputs));
}

/** The file, or those of the folder in order. Throws ConfigError for a folder that holds other things. */
export async function savedSamples(path: string, files: Files): Promise<SavedFile[]> {
  const stat = await files.stat(path);
  if (stat?.kind !== "folder") return [await openSaved(path, files)];
  const names = (await files.list(path)).filter((name) => !name.startsWith("."));
  checkNumbering(path, names);
  const foreign = names.filter((name) => !/\.(npz|npy|json)$/.test(name));
  if (foreign.length > 0)
    throw new ConfigError(foreign.map((name) => `${path}/${name} is no .npz, .npy or .json. Keep only samples in the folder.`));
  const saved: SavedFile[] = [];
  for (const name of names) saved.push(await openSaved(`${path}/${name}`, files));
  return saved;
}

function partOf(saved: SavedFile, inputs: readonly ModelInput[]): FeedPart {
  const [runner] = saved.runners;
  const [arrays] = runner?.iterations ?? [];
  if (saved.holds === "inputs") return wholePart(saved.path, runner?.iterations ?? [], inputs);
  if (saved.format === ".npz" && arrays) return cutPart(saved.path, arrays, inputs);
  const [only] = inputs;
  const array = arrays?.values().next().value;
  if (saved.format !== ".npy" || !array)
    throw new ConfigError(`${saved.path} holds ${saved.format}, not inputs. Give .npz, .npy or inputs saved with --save-inputs.`);
  if (inputs.length !== 1 || !only)
    throw new ConfigError(`${saved.path} holds one array, the model has ${inputs.length} inputs. Save a .npz with one array for each.`);
  return cutPart(saved.path, new Map([[only.name, array]]), inputs);
}

/** Polygraphy numbers its files from 0: a hole means that samples were lost. */
function checkNumbering(path: string, names: readonly string[]): void {
  if (names.length === 0) throw new ConfigError(`${path} is an empty folder. Put samples into it.`);
  if (!names.every((name) => /^\d{10}\.json$/.test(name))) return;
  const hole = names.findIndex((name, i) => Number(name.slice(0, 10)) !== i);
  if (hole >= 0) throw new ConfigError(`${path}/${String(hole).padStart(10, "0")}.json is missing. Save the inputs again.`);
}
