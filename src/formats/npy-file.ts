/** A file opened for the time of one task, and a `.npy` file as a stored array. */
import type { FileReader, Files } from "../effects/effects.ts";
import { storeArray } from "./stored-array.ts";

/** FileError for a damaged or refused header; the elements are not read. */
export const npyFile = (path: string, files: Files) =>
  withFile(files, path, (reader) => storeArray(path, { kind: "raw", start: 0, length: reader.sizeBytes }, reader));

/** Opens, hands over, closes in every case. */
export async function withFile<T>(files: Files, path: string, body: (reader: FileReader) => Promise<T>): Promise<T> {
  const reader = await files.open(path);
  try {
    return await body(reader);
  } finally {
    await reader.close();
  }
}
