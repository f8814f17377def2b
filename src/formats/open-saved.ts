/** Opens a file or folder of saved tensors by what it is. Reads headers and places, not the elements. */

import type { FileReader, Files } from "../effects/effects.ts";
import { ConfigError, FileError } from "../effects/failure.ts";
import { isLfsPointer, pointerFault } from "../effects/lfs-pointer.ts";
import { withFile } from "./npy-file.ts";
import { startsAsNpy } from "./npy-header.ts";
import { readNpz } from "./npz.ts";
import { readTensorJson } from "./polygraphy-file.ts";
import type { SavedFile } from "./saved-file.ts";
import { openFolder } from "./saved-folder.ts";
import { storeArray } from "./stored-array.ts";

/** Throws ConfigError where nothing is, FileError for what is damaged or refused. `onBytes`: told of bytes read from a JSON file. */
export async function openSaved(path: string, files: Files, onBytes?: (done: number) => void): Promise<SavedFile> {
  const stat = await files.stat(path);
  if (!stat) throw new ConfigError(`${path} does not exist. Name a file or folder of saved tensors.`);
  if (stat.kind === "folder") return openFolder(path, files);
  if (stat.kind !== "file") throw new FileError(path, "is neither a file nor a folder. Name a file of saved tensors.");
  return withFile(files, path, (reader) => openByContent(path, reader, onBytes));
}

async function openByContent(path: string, reader: FileReader, onBytes?: (done: number) => void): Promise<SavedFile> {
  const start = await reader.read(0, 64);
  const saved = { path, notes: [], holds: "outputs" as const };
  if (startsAsNpy(start)) {
    const name = path.replace(/^.*[/\\]/, "").replace(/\.npy$/, "");
    const array = await storeArray(path, { kind: "raw", start: 0, length: reader.sizeBytes }, reader);
    return { ...saved, format: ".npy", runners: [{ name: "npy", iterations: [new Map([[name, array]])] }] };
  }
  if (start[0] === 0x50 && start[1] === 0x4b)
    return { ...saved, format: ".npz", runners: [{ name: "npz", iterations: [await readNpz(reader, path)] }] };
  if (start[0] === 0x80)
    throw new FileError(path, "is a pickle, which is never loaded. Save the outputs with Polygraphy 0.27 or newer.", 0);
  const text = new TextDecoder("latin1").decode(start);
  if (isLfsPointer(start)) throw new ConfigError(pointerFault(path));
  if (/^\s*[[{]/.test(text)) return readTensorJson(reader, path, onBytes);
  throw new FileError(path, "is no .npz, .npy or JSON of saved tensors. Save it with Polygraphy, numpy or trtexec.", 0);
}
