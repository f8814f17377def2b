/** Labels of the validation samples, for figures per class: one a sample, from `.npy`, JSON or a text file with one a line. */
import { join } from "node:path";
import type { ModelEntry } from "../config/settings.ts";
import { readNpy } from "../dumps/npy.ts";
import { ConfigError } from "../effects/failure.ts";
import type { CheckContext } from "./context.ts";

/** Undefined where the configuration names none. ConfigError where there is no label for a sample is measure's to say (`unlabelled`). */
export async function readLabels(entry: ModelEntry, { effects }: CheckContext): Promise<readonly (number | string)[] | undefined> {
  if (entry.labels === undefined) return undefined;
  const path = join(effects.cwd, entry.labels);
  if ((await effects.files.stat(path)) === undefined) {
    throw new ConfigError(
      `${entry.place.file}:${entry.place.line}: validation.labels is "${entry.labels}", and there is no such file. Give one label a sample.`,
    );
  }
  if (entry.labels.endsWith(".npy")) return [...readNpy("labels", await effects.files.readBytes(path), entry.labels).data].map(Number);
  const text = await effects.files.readText(path);
  if (!entry.labels.endsWith(".json"))
    return text
      .split(/\r?\n/)
      .map((line) => line.trim())
      .filter((line) => line !== "");
  const parsed: unknown = JSON.parse(text);
  if (Array.isArray(parsed) && parsed.every((one): one is number | string => typeof one === "number" || typeof one === "string"))
    return parsed;
  throw new ConfigError(`${entry.labels} is no list of numbers or texts. Write one label a sample, for example ["cat", "dog"].`);
}
