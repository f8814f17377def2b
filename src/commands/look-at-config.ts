/** The configuration of a repository as commands see it that only look: whether it is sound, its models, and whether their files are there. Reads no model. */
import { join } from "node:path";
import { filesOf } from "../changes/affected.ts";
import { refusePointers } from "../changes/lfs.ts";
import { inputSpecs } from "../config/inputs.ts";
import { placeWords } from "../config/place.ts";
import { resolveSettings } from "../config/resolve-settings.ts";
import type { ModelEntry } from "../config/settings.ts";
import { utcDate } from "../effects/clock.ts";
import type { Effects } from "../effects/effects.ts";
import { ConfigError } from "../effects/failure.ts";
import { realWorkspace } from "../effects/workspace.ts";

/** Where a repository has its configuration when nothing else is said. */
export const usualConfig = inputSpecs.find(({ name }) => name === "config")?.default ?? "";

export interface FoundConfig {
  readonly path: string;
  /** Empty where something is wrong with it. */
  readonly models: readonly ModelEntry[];
  /** Everything that is wrong with it, with its place. */
  readonly problems: readonly string[];
}

/** Undefined where the file is not there. */
export async function findConfig(path: string, effects: Effects): Promise<FoundConfig | undefined> {
  const { cwd, env, files, clock } = effects;
  if ((await files.stat(join(cwd, path)))?.kind !== "file") return undefined;
  const text = await files.readText(join(cwd, path));
  const today = utcDate(clock);
  try {
    const { models } = resolveSettings({ inputs: { config: path }, env, yaml: { path, text }, today, workspace: realWorkspace(cwd) });
    const problems = (await Promise.all(models.map((model) => absentFiles(model, effects)))).flat();
    // Contents that git left out are no absent files.
    await refusePointers(models, effects);
    return { path, models, problems };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return { path, models: [], problems: error.problems };
  }
}

/** Plans and saved outputs may come from an earlier step of the job, and words of a task are no files. */
async function absentFiles(model: ModelEntry, { cwd, files }: Effects): Promise<string[]> {
  const absent: string[] = [];
  for (const { path, what } of filesOf(model)) {
    if (what === "task" || /plan$|^saved/.test(what)) continue;
    // `loader.py:function` names one of a file.
    const file = path.replace(/(\.py):\w+$/, "$1");
    if ((await files.stat(join(cwd, file))) === undefined)
      absent.push(`${placeWords(model)}the ${what} ${JSON.stringify(file)} is not there.`);
  }
  return absent;
}
