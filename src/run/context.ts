/** What checking models needs beside the settings: whose code, which base, what an earlier report knew, until when. */
import { join, normalize } from "node:path";
import { filesOf, isCode } from "../changes/affected.ts";
import type { Checkout } from "../changes/checkout.ts";
import type { Selection } from "../changes/choose.ts";
import { codeFolder } from "../changes/commit-folder.ts";
import { openComparedBase } from "../changes/compared-base.ts";
import type { Git } from "../changes/git.ts";
import type { TrustedConfig } from "../changes/trusted-config.ts";
import type { ModelEntry, Settings } from "../config/settings.ts";
import { utcDate } from "../effects/clock.ts";
import type { Effects } from "../effects/effects.ts";
import type { BaselineGap } from "../gate/baseline-limits.ts";
import type { BaseOfModel, CheckContext } from "../prepare/context.ts";
import type { ModelReport } from "../report/schema.ts";
import { version } from "../version.ts";
import { entryAtBase } from "./entry-at-base.ts";
import { modelsIn } from "./previous-run.ts";

export interface ContextFacts {
  readonly settings: Settings;
  readonly config: TrustedConfig;
  readonly selection: Selection;
  readonly reportFolder: string;
  readonly startMs: number;
  readonly earlier: CheckContext["earlier"];
  /** Nothing is compared with a base commit (`--no-base`). */
  readonly withoutBase: boolean;
}

/** Writes the base commit's code out where an entry runs code; else nothing is written. */
export async function makeContext(
  { settings, config, selection, reportFolder, startMs, earlier, withoutBase }: ContextFacts,
  effects: Effects,
): Promise<CheckContext> {
  const { checkout } = config;
  const base = once(async () => (withoutBase ? undefined : await openComparedBase(checkout, effects)));
  const baseOf = async (model: ModelEntry): Promise<BaseOfModel | undefined> => {
    const compared = await base();
    return compared && { base: compared, was: await entryAtBase(model, compared, config, effects) };
  };
  const needsCode = selection.jobs.some(({ model }) => filesOf(model).some(({ what }) => isCode(what)));
  return {
    effects,
    settings,
    version,
    today: utcDate(effects.clock),
    deadlineMs: startMs + settings.options.timeoutMinutes * 60_000,
    codeFolder: needsCode
      ? await codeFolder(
          checkout,
          selection.jobs.map(({ model }) => model),
          effects,
        )
      : effects.cwd,
    trust: checkout.trust,
    isCheckout: checkout.head !== undefined,
    tracked:
      checkout.trust.isProposal && checkout.head !== undefined && selection.jobs.length > 0
        ? (await checkout.git.tracked()).files
        : undefined,
    isCommitted: async (path) => checkout.head !== undefined && (await isCommitted(path, checkout.head, checkout.git, effects)),
    keepAtBase: async (entry, file) => await keepAtBase(entry, { file, base: await baseOf(entry) }, checkout.git, effects),
    isTracked: async (path) => checkout.head !== undefined && (await isTracked(path, checkout.git)),
    base: baseOf,
    reportsOf: async (entry) => [...(await namedReport(entry, checkout, effects)), ...[earlier.get(entry.name) ?? []].flat()],
    baseGap: baseGapOf(checkout, withoutBase),
    earlier,
    engineBytes: { kept: 0 },
    versions: {},
    reportFolder,
  };
}

/** Of a pull request or a merge there always is a base, whether this clone has it or not. */
const baseGapOf = ({ base }: Checkout, withoutBase: boolean): BaselineGap =>
  base === undefined || withoutBase
    ? { kind: "none", why: withoutBase ? "--no-base compares with no base commit" : "there is no base commit to compare with" }
    : {
        kind: "unusable",
        why: `the base commit ${base.sha.slice(0, 12)} is not in this clone. Give the checkout step fetch-depth: 2`,
      };

/** False where git cannot tell: it only decides which commands are offered. */
const isTracked = async (path: string, git: Git): Promise<boolean> =>
  await git.tracked().then(
    ({ files }) => files.has(normalize(path)),
    () => false,
  );

async function isCommitted(path: string, head: string, git: Git, { files, cwd }: Effects): Promise<boolean> {
  const committed = await git.show(head, path);
  const now = join(cwd, path);
  return committed !== undefined && (await files.stat(now))?.kind === "file" && committed === (await files.readText(now));
}

async function keepAtBase(
  entry: ModelEntry,
  { file, base }: { readonly file: string; readonly base: BaseOfModel | undefined },
  git: Git,
  { files, cwd }: Effects,
): ReturnType<CheckContext["keepAtBase"]> {
  const text = base && (await git.show(base.base.commit, file));
  if (text === undefined || JSON.stringify(base?.was.keep) !== JSON.stringify(entry.keep)) return "none";
  // The list of an entry is the whole of it; the rest of the configuration counts for nothing.
  return typeof entry.keep !== "string" || text === (await files.readText(join(cwd, file))) ? "same" : "changed";
}

/** A promise that is made when it is first asked for. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return async () => {
    made ??= make();
    return await made;
  };
}

/** The model in the report that its entry names. One that a proposal's commit holds is read as the base has it: a change does not say what was before it. */
async function namedReport(
  { name, baseReport }: ModelEntry,
  { trust, git, base, head }: Checkout,
  effects: Effects,
): Promise<ModelReport[]> {
  if (baseReport === undefined) return [];
  const isProposed = trust.isProposal && head !== undefined && (await git.tracked()).files.has(baseReport);
  const text = isProposed
    ? base?.isLocal && (await git.show(base.sha, baseReport))
    : await effects.files.readText(join(effects.cwd, baseReport)).catch(() => undefined);
  return modelsIn(text || "").filter((model) => model.name === name);
}
