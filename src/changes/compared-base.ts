/**
 * The commit that figures are compared with, and each model's files as they were there. It chooses no model and runs no code: what cannot be had
 * is said in words, and nothing is fetched for it.
 */
import type { ModelEntry } from "../config/settings.ts";
import type { Effects } from "../effects/effects.ts";
import { ConfigError, ToolError } from "../effects/failure.ts";
import { covers, filesOf, mayHoldExternalData } from "./affected.ts";
import { type Base, ownBase } from "./base.ts";
import type { Checkout } from "./checkout.ts";
import { fillPointers } from "./lfs.ts";
import type { ChangedFile } from "./name-status.ts";

export interface ComparedBase extends Pick<Base, "name" | "how"> {
  readonly commit: string;
  /** False only where no file is changed that the model's figures could come from. */
  mayDiffer(models: Entries): boolean;
  /** A folder with what the commit holds for this model: its own folder (external data) and every file that its entries name. */
  filesOf(models: Entries): Promise<FilesThen>;
}

/** A model's entry as this change has it, and as the base has it. */
export interface Entries {
  readonly now: ModelEntry;
  readonly was: ModelEntry;
}

/** `why`: a clause. */
export type FilesThen =
  | { readonly kind: "there"; readonly folder: string }
  | { readonly kind: "new" }
  | { readonly kind: "unknown"; readonly why: string };

/**
 * The base that the event or the user names, else the one that this clone tells by itself. Undefined where there is none in this clone, and where git can
 * tell nothing of a base that nobody asked for.
 */
export async function openComparedBase(checkout: Checkout, effects: Effects): Promise<ComparedBase | undefined> {
  const found = checkout.base === undefined ? await unnamed(checkout, effects) : { base: checkout.base, changed: checkout.changed ?? [] };
  if (found?.base.isLocal !== true) return undefined;
  const { base, changed } = found;
  const folders = new Map<string, Promise<FilesThen>>();
  const { name, how, sha: commit } = base;
  return {
    name,
    how,
    commit,
    mayDiffer: (models) => isTouched(models, changed),
    filesOf: (models) => {
      const { name: key } = models.now;
      const found = folders.get(key) ?? readFiles(models, { checkout, commit, name, changed, effects });
      folders.set(key, found);
      return found;
    },
  };
}

async function unnamed(
  { git, head, event }: Checkout,
  { log, cancelled }: Effects,
): Promise<{ readonly base: Base; readonly changed: readonly ChangedFile[] } | undefined> {
  if (event !== undefined || head === undefined) return undefined;
  try {
    const base = await ownBase(git, head);
    return { base, changed: await git.changedSince(base.sha) };
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof ToolError) || cancelled.aborted) throw error;
    log.debug(`no base was found: ${error.message}`);
    return undefined;
  }
}

const namedFiles = ({ now, was }: Entries): string[] =>
  [now, was].flatMap((entry) =>
    filesOf(entry)
      .filter(({ what }) => what !== "task" && what !== "labels")
      .map(({ path }) => path),
  );

function isTouched(models: Entries, changed: readonly ChangedFile[]): boolean {
  const named = namedFiles(models);
  return (
    models.now !== models.was ||
    changed.some(({ path }) => named.some((file) => covers(file, path))) ||
    mayHoldExternalData(changed, models.now)
  );
}

interface Wanted {
  readonly checkout: Checkout;
  readonly commit: string;
  readonly name: string;
  readonly changed: readonly ChangedFile[];
  readonly effects: Effects;
}

async function readFiles(models: Entries, { checkout: { git }, commit, name, changed, effects }: Wanted): Promise<FilesThen> {
  const { now: model } = models;
  const slash = model.path.lastIndexOf("/");
  const named = [...namedFiles(models), ...(slash < 0 ? [] : [model.path.slice(0, slash)])];
  const tree = await git.listTree(commit);
  const paths = tree
    .map(({ path }) => path)
    .filter((path) => (slash < 0 && !path.includes("/")) || named.some((file) => covers(file, path)));
  if (!paths.includes(model.path)) {
    const isAdded = changed.some(({ path, status }) => path === model.path && status === "added");
    return isAdded ? { kind: "new" } : { kind: "unknown", why: `${model.path} is not among the files of ${name}` };
  }
  const folder = await git.export(commit, paths, await effects.files.makeTempFolder("baseline"), "pointers");
  await fillPointers(folder, paths, await git.lfsObjects(), effects);
  return { kind: "there", folder };
}
