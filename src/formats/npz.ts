/** The arrays of a `.npz`: names and where their bytes are. Each entry is read through once, so that a damaged or lying one is refused before anything runs. */

import type { FileReader } from "../effects/effects.ts";
import { FileError } from "../effects/failure.ts";
import { type StoredArray, storeArray } from "./stored-array.ts";
import { readZipDirectory } from "./zip-directory.ts";
import { verifyEntry } from "./zip-entry.ts";

/** Keys without `.npy`, in the order of the archive. Throws FileError for every refusal of the archive or of an array. */
export async function readNpz(reader: FileReader, file: string): Promise<Map<string, StoredArray>> {
  const arrays = new Map<string, StoredArray>();
  for (const entry of await readZipDirectory(reader, file)) {
    if (!entry.name.endsWith(".npy"))
      throw new FileError(file, `entry "${entry.name}" is no .npy array. Save arrays only.`, entry.dataStart);
    await verifyEntry(reader, entry, file);
    arrays.set(entry.name.slice(0, -4), await storeArray(file, { kind: "entry", entry }, reader));
  }
  return arrays;
}
