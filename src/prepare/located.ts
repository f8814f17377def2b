/** What is wrong with a file that an entry names is said with the line that names it. */
import { placeWords } from "../config/place.ts";
import type { ModelEntry } from "../config/settings.ts";
import { ConfigError, FileError } from "../effects/failure.ts";

/** A ConfigError or FileError of `body` as one ConfigError whose problems begin with the place of this key; everything else as it is. */
export async function located<T>(entry: ModelEntry, keys: readonly string[], body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    const problems = error instanceof ConfigError ? error.problems : error instanceof FileError ? [error.message] : undefined;
    if (problems === undefined) throw error;
    const place = placeWords(entry, ...keys);
    const isPlaced = (problem: string) =>
      problem.startsWith(`${entry.place.file}:`) || (place.startsWith("--") && problem.includes(place.slice(0, -2)));
    throw new ConfigError(problems.map((problem) => (isPlaced(problem) ? problem : `${place}${problem}`)));
  }
}
