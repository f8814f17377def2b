/** One tensor of what a runner saved. */
import type { Files } from "../effects/effects.ts";
import type { Tensor } from "../model/tensor.ts";
import type { Runner } from "./saved-file.ts";
import { readTensor } from "./stored-array.ts";

/** Undefined where that iteration has no such tensor. FileError for an array that is cut off. */
export async function savedTensor(
  { iterations }: Runner,
  iteration: number,
  name: string,
  files: Pick<Files, "open">,
): Promise<Tensor | undefined> {
  const array = iterations[iteration]?.get(name);
  if (array === undefined) return undefined;
  const reader = await files.open(array.file);
  try {
    return await readTensor(name, array, reader);
  } finally {
    await reader.close();
  }
}
