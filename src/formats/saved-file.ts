/** What a file of saved tensors holds, whatever its format: runners, their iterations, and where each tensor's array lies. Only types. */
import type { StoredArray } from "./stored-array.ts";

/** Tensor name -> array, in the order of the file, which is the order of execution where the tool keeps it. */
export type Iteration = ReadonlyMap<string, StoredArray>;

export interface Runner {
  /** Carries date and time: shown and asked for by the user, never matched between two files. */
  readonly name: string;
  readonly iterations: readonly Iteration[];
}

export interface SavedFile {
  readonly path: string;
  /** In words, for messages and `inspect`. */
  readonly format: string;
  readonly holds: "outputs" | "inputs";
  readonly runners: readonly Runner[];
  readonly notes: readonly string[];
}
