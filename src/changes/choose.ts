/**
 * Chooses the models to check and says why. Where it is not known what changed, that is every model, with a notice.
 * Reads no configuration and starts no check.
 */
import { basename } from "node:path";
import { nearest } from "../config/nearest.ts";
import { placeWords } from "../config/place.ts";
import type { ModelEntry, Settings } from "../config/settings.ts";
import { property } from "../config/untyped.ts";
import type { Effects } from "../effects/effects.ts";
import { ConfigError } from "../effects/failure.ts";
import { covers, filesOf, isCode, mayHoldExternalData, touchedBy } from "./affected.ts";
import type { Base } from "./base.ts";
import { entryChanged, namedBy } from "./config-diff.ts";
import type { TrustedConfig } from "./trusted-config.ts";

export interface Job {
  readonly model: ModelEntry;
  /** `calibration cache models/a.cache modified`. */
  readonly why: string;
}

export interface Selection {
  readonly jobs: readonly Job[];
  readonly unchanged: readonly ModelEntry[];
  readonly removed: readonly ModelEntry[];
  readonly why: string;
  /** True where models are checked because it is not known what changed. */
  readonly uncertain: boolean;
  readonly base: Base | undefined;
  readonly headSha: string | undefined;
  readonly trust: {
    readonly codeFrom: "base" | "head";
    readonly configCommit: string | undefined;
    readonly allow: boolean;
    readonly notices: readonly string[];
  };
}

export interface Choice {
  readonly settings: Settings;
  readonly config: TrustedConfig;
  readonly effects: Effects;
  /** External data files of a model, relative to the workspace. Called only where a file beside the model changed. */
  externalData(modelPath: string): Promise<readonly string[]>;
}

/** Rejects with ConfigError for a model that is not there and never was. What is wrong with a model's own files ends its check alone. */
export async function chooseModels(choice: Choice): Promise<Selection> {
  const { settings, config } = choice;
  const { checkout } = config;
  const { present, removed } = await sortOut(choice);
  const needsAll = !settings.options.changedOnly || checkout.changed === undefined;
  const reasonOf = needsAll ? async () => "all models" : await reasons(choice);
  const decided = await Promise.all(present.map(async (model) => ({ model, why: await reasonOf(model) })));
  const jobs = decided.flatMap(({ model, why }) => (why === undefined ? [] : [{ model, why }]));

  const uncertain = settings.options.changedOnly && checkout.changed === undefined && checkout.event !== undefined;
  const why = settings.options.changedOnly ? (needsAll ? `all: ${checkout.why}` : checkout.why) : "all: whatever changed";
  const notices = [
    ...config.notices,
    ...(uncertain ? [`Every model is checked because ${checkout.why}.`] : []),
    ...baseCodeNotices(jobs, choice),
  ];
  return {
    jobs,
    unchanged: decided.filter(({ why: reason }) => reason === undefined).map(({ model }) => model),
    removed,
    why,
    uncertain,
    base: checkout.base,
    headSha: checkout.headSha,
    trust: { codeFrom: checkout.trust.codeFrom, configCommit: config.yaml?.commit, allow: settings.options.allowForks, notices },
  };
}

/**
 * The trusted entries, and after them those that only the proposed version names: a model must not merge unchecked because it is new.
 * `baseText` tells an entry of the base's configuration from a file that only the input `models` names: the proposed entry replaces the latter.
 */
export function withProposed(trusted: Settings, proposed: Settings, baseText: string | undefined): Settings {
  const isTrusted = namedBy(baseText);
  const still = trusted.models.filter((model) => isTrusted(model) || !proposed.models.some(({ path }) => path === model.path));
  const kept = still.map((model) => withProposedScales(model, proposed));
  const rescaled = kept
    .filter((model, n) => model !== still[n])
    .map(
      ({ name }) =>
        `${name}: keep and quantization are those of this change, since they are what merges; its limits and samples are the base's.`,
    );
  const fresh = newModels(kept, proposed);
  const notices = fresh.map(
    ({ name }) => `${name} is new in this change: checked with its data, without loaders, task commands, plugins and waivers.`,
  );
  return { ...trusted, models: [...kept, ...fresh], notices: [...trusted.notices, ...rescaled, ...notices] };
}

/** How a model is quantised is data, as the model is: the change is judged with what it would bring. A loader is code and stays the base's. */
function withProposedScales(model: ModelEntry, proposed: Settings): ModelEntry {
  const own = proposed.models.find(({ name, path }) => name === model.name && path === model.path);
  if (own === undefined) return model;
  const usesLoader = [model, own].some(({ given }) => property(given.quantization, "loader") !== undefined);
  const quantization = usesLoader ? model.quantization : own.quantization;
  const isSame =
    JSON.stringify(own.keep) === JSON.stringify(model.keep) && JSON.stringify(quantization) === JSON.stringify(model.quantization);
  return isSame
    ? model
    : {
        ...model,
        keep: own.keep,
        quantization,
        given: { ...model.given, ...pick(own.given, usesLoader ? ["keep"] : ["keep", "quantization"]) },
        base: { keep: model.keep, quantization: model.quantization },
      };
}

const pick = (entry: ModelEntry["given"], keys: readonly string[]): ModelEntry["given"] =>
  Object.fromEntries(Object.entries(entry).filter(([key]) => keys.includes(key)));

/** What the proposed version names and no entry of `known` does. */
export const newModels = (known: readonly ModelEntry[], proposed: Settings): ModelEntry[] =>
  proposed.models.filter((model) => !known.some(({ name, path }) => name === model.name || path === model.path));

async function sortOut({ settings, config, effects }: Choice): Promise<{ present: ModelEntry[]; removed: ModelEntry[] }> {
  const { changed = [], base, git } = config.checkout;
  const present: ModelEntry[] = [];
  const removed: ModelEntry[] = [];
  const problems: string[] = [];
  for (const model of settings.models) {
    if ((await effects.files.lstat(`${effects.cwd}/${model.path}`)) !== undefined) present.push(model);
    else if (changed.some(({ path, status }) => path === model.path && status === "deleted")) removed.push(model);
    else if (base?.isLocal && (await git.show(base.sha, model.path)) !== undefined) removed.push(model);
    else
      problems.push(
        `${placeWords(model, "path")}the model ${JSON.stringify(model.path)} is not there. ${await missingHint(model, config)}`,
      );
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return { present, removed };
}

async function missingHint(model: ModelEntry, { checkout }: TrustedConfig): Promise<string> {
  const { submodules, files } = checkout.head === undefined ? { submodules: [], files: new Set<string>() } : await checkout.git.tracked();
  const submodule = submodules.find((path) => covers(path, model.path));
  const models = [...files].filter((path) => /\.onnx$/i.test(path));
  const meant = models.find((path) => basename(path) === basename(model.path)) ?? nearest(model.path, models);
  const correct = meant === undefined ? "Correct the path." : `Correct the path; did you mean ${JSON.stringify(meant)}?`;
  return submodule === undefined ? correct : `It is in the submodule ${submodule}: give the checkout step submodules: true.`;
}

async function reasons({ settings, config, effects, externalData }: Choice): Promise<(model: ModelEntry) => Promise<string | undefined>> {
  const changed = config.checkout.changed ?? [];
  const { head, git } = config.checkout;
  const tracked = head === undefined ? undefined : (await git.tracked()).files;
  const isEntryChanged = entryChanged(config.baseText, config.headText);
  return async (model) => {
    const touched = touchedBy(changed, model);
    if (touched !== undefined) return touched;
    if (isEntryChanged(model)) return `its entry in ${settings.configPath ?? settings.options.config} changed`;
    const unseen = tracked && (await untrackedFile(model, tracked, effects));
    if (unseen !== undefined) return `${unseen} is not in git, so it is not known whether it changed`;
    if (!mayHoldExternalData(changed, model)) return undefined;
    // A file that cannot be read is that model's failure, told where it is checked: it must not end the run for the others.
    const data = await externalData(model.path).catch(() => undefined);
    if (data === undefined) return "its file cannot be read, so it is not known which data belong to it";
    const file = changed.find(({ path }) => data.some((name) => covers(name, path)));
    return file && `external data ${file.path} ${file.status}`;
  };
}

/** A file that an earlier step made has no history: it counts as changed. */
async function untrackedFile(model: ModelEntry, tracked: ReadonlySet<string>, effects: Effects): Promise<string | undefined> {
  for (const { path, what } of filesOf(model)) {
    if (what === "task" || tracked.has(path)) continue;
    const kind = (await effects.files.lstat(`${effects.cwd}/${path}`))?.kind;
    if (kind === "folder" && [...tracked].some((name) => name.startsWith(`${path}/`))) continue;
    if (kind !== undefined) return path;
  }
  return undefined;
}

function baseCodeNotices(jobs: readonly Job[], { config }: Choice): string[] {
  const { trust, changed = [], base } = config.checkout;
  if (trust.codeFrom === "head") return [];
  const scripts = new Set(
    jobs.flatMap(({ model }) =>
      filesOf(model)
        .filter(({ what }) => isCode(what))
        .map(({ path }) => path),
    ),
  );
  return changed
    .filter(({ path }) => scripts.has(path))
    .map(({ path }) => `The change edits ${path}; the version of the base commit ${base?.sha.slice(0, 12) ?? ""} runs.`);
}
