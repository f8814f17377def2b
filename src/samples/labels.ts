/** Labels of the validation samples, for figures per class: one a sample, from `.npy`, JSON or a text file with one a line. */
import { join } from "node:path";
import type { ModelEntry } from "../config/settings.ts";
import type { Effects, Files } from "../effects/effects.ts";
import { ConfigError } from "../effects/failure.ts";
import { readNpy } from "../formats/npy.ts";

/** Undefined where the configuration names none. ConfigError where the file is not there, is no list, or has fewer labels than there are samples. */
export async function readLabels(
  entry: ModelEntry,
  sampleCount: number,
  effects: Pick<Effects, "cwd" | "files">,
): Promise<readonly (number | string)[] | undefined> {
  if (entry.labels === undefined) return undefined;
  const where = `${entry.place.file}:${entry.place.line}: validation.labels is "${entry.labels}"`;
  const path = join(effects.cwd, entry.labels);
  if ((await effects.files.stat(path)) === undefined)
    throw new ConfigError(`${where}, and there is no such file. Give one label a sample.`);
  const labels = await labelsIn(path, entry.labels, effects.files);
  if (labels === undefined)
    throw new ConfigError(`${where}, which is no list of numbers or texts. Write one label a sample, for example ["cat", "dog"].`);
  if (labels.length < sampleCount)
    throw new ConfigError(`${where}, which has ${labels.length} labels for ${sampleCount} samples. Give one label a sample.`);
  return labels;
}

async function labelsIn(path: string, name: string, files: Files): Promise<readonly (number | string)[] | undefined> {
  if (name.endsWith(".npy")) return [...readNpy("labels", await files.readBytes(path), name).data].map(Number);
  const text = await files.readText(path);
  if (name.endsWith(".json")) return listIn(text);
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "");
}

function listIn(json: string): readonly (number | string)[] | undefined {
  try {
    const parsed: unknown = JSON.parse(json);
    return Array.isArray(parsed) && parsed.every((one): one is number | string => typeof one === "number" || typeof one === "string")
      ? parsed
      : undefined;
  } catch {
    return undefined;
  }
}
