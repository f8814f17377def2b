/**
 * A folder that holds files of the base commit only: loaders, task commands and plugins.
 * Nothing of the head commit is in it, and nothing in the user's checkout is touched.
 */
import type { ModelEntry } from "../config/settings.ts";
import type { Effects } from "../effects/effects.ts";
import { ConfigError } from "../effects/failure.ts";
import { filesOf, isCode } from "./affected.ts";
import type { Checkout } from "./checkout.ts";

/** Scripts and their small companions; weights and data are the head commit's and stay where they are. */
const maxCodeBytes = 1 << 20;

/**
 * Folder that loaders, task commands and plugins come from: a fresh one with the base commit's small files, or the work folder where the head's
 * code may run. Rejects with ConfigError where the base commit lacks a script or plugin that its configuration names.
 */
export async function codeFolder(checkout: Checkout, models: readonly ModelEntry[], effects: Effects): Promise<string> {
  if (checkout.trust.codeFrom === "head") return effects.cwd;
  const base = localBase(checkout);
  const tree = await checkout.git.listTree(base);
  const wanted = scriptsOf(models);
  const missing = wanted.filter((script) => !tree.some(({ path }) => path === script));
  if (missing.length > 0) {
    throw new ConfigError(
      missing.map(
        (path) => `${path} is not on the base commit ${base.slice(0, 12)}, so it does not run. Merge it first, together with its entry.`,
      ),
    );
  }
  const paths = tree.filter(({ path, sizeBytes }) => sizeBytes <= maxCodeBytes || wanted.includes(path)).map(({ path }) => path);
  return await checkout.git.export(base, paths, await effects.files.makeTempFolder("code"));
}

/** Loaders and plugins by their key. Of a task's command the words that look like a script; the program itself comes from the machine. */
const scriptsOf = (models: readonly ModelEntry[]): string[] =>
  models.flatMap((model) =>
    filesOf(model).flatMap(({ path, what }) => (isCode(what) && (what !== "task" || /\.(py|sh|js|mjs|ts)$/.test(path)) ? [path] : [])),
  );

function localBase({ base }: Checkout): string {
  if (base?.isLocal) return base.sha;
  throw new ConfigError("The base commit is not in this clone, so its files cannot be used. Give the checkout step fetch-depth: 2.");
}
