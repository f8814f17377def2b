/**
 * Inputs, configuration text and environment -> one Settings, or one ConfigError with every problem. Pure: texts, the day and the
 * workspace's answers are handed in. Which commit the text comes from and which models changed is decided elsewhere.
 */
import { ConfigError } from "../effects/failure.ts";
import type { Precision } from "../model/job.ts";
import { camelKeys } from "./case.ts";
import { stripToDataOnly } from "./data-only.ts";
import { readEntry } from "./entry.ts";
import { flagFaults, flagsByKey, givenFlags, type ModelFlags, withFlags } from "./model-flags.ts";
import { chooseFiles } from "./models.ts";
import { type Environment, type RawInputs, readOptions } from "./options.ts";
import { opened, type Workspace } from "./paths.ts";
import { type ReadConfig, readConfig } from "./read-config.ts";
import { type ModelConfig, modelSchema, type SearchConfig } from "./schema.ts";
import type { SearchSettings, Settings } from "./settings.ts";
import { blockOf } from "./untyped.ts";
import type { KeyPath } from "./yaml.ts";

export interface SettleTexts {
  readonly inputs: RawInputs;
  /** For the defaults of `job-key` and `github-token` only. */
  readonly env?: Environment;
  /** Undefined where there is no configuration; an error only when the input `config` asks for one. */
  readonly yaml: { readonly path: string; readonly text: string; readonly commit?: string | undefined } | undefined;
  /** "data-only": the pull request introduces the configuration, so its code and waivers do not count (design 9). */
  readonly trust?: "full" | "data-only";
  /** ISO date in UTC. */
  readonly today: string;
  readonly workspace: Workspace;
  /** What the flags of a command say of the one model that it names; undefined where there are no such flags (the action). */
  readonly flags?: ModelFlags;
  /** True where the machine's own user typed the models and flags, with no event behind them: they may name files anywhere. */
  readonly isLocal?: boolean;
}

/** Throws one ConfigError that lists everything: inputs first, then the configuration from top to bottom of its checks. */
export function resolveSettings(texts: SettleTexts): Settings {
  const { options, problems: inputProblems } = readOptions(texts.inputs, texts.env);
  const read = readConfig(texts.yaml, texts.today, texts.workspace);
  const problems = [...inputProblems, ...missingConfig(texts), ...read.problems];
  const { entries, notices } = texts.trust === "data-only" ? stripToDataOnly(read.entries) : { entries: read.entries, notices: [] };
  const asked = texts.isLocal === true ? opened(texts.workspace) : texts.workspace;
  const chosen = chooseFiles(entries, options.models, { here: texts.workspace, asked }, (path) => modelSchema.parse({ path }));
  const { flags = {} } = texts;
  problems.push(...chosen.faults.map(read.place), ...chosen.problems, ...flagFaults(flags, chosen.files.length, asked));
  if (problems.length > 0) throw new ConfigError(problems);
  const file = texts.yaml?.path ?? options.config;
  return {
    options,
    models: chosen.files.map(({ config, name, path, index }) => {
      const lineOf = (...below: KeyPath): number => (index === undefined ? 1 : read.lineOf(["models", index, ...below]));
      const written = index === undefined ? {} : read.given(index);
      const given = givenFlags(flags).length === 0 ? written : withFlags(written, flags);
      const entry = given === written ? config : trusted(modelSchema.parse({ ...given, path }), texts.trust);
      const describedIn = index === undefined && texts.flags !== undefined ? "flags" : "configuration";
      const lines = linesOf(written, lineOf);
      return readEntry(
        entry,
        {
          name,
          path,
          describedIn,
          given: { ...given, name, path },
          place: { file, line: lineOf() },
          lines,
          ...(givenFlags(flags).length === 0 ? {} : { flags: flagsByKey(flags) }),
        },
        (n) => `${file}:${lineOf("waivers", n)}`,
      );
    }),
    search: readSearch(read.search),
    configPath: texts.yaml?.path,
    configCommit: texts.yaml?.commit,
    notices: [
      ...notices,
      ...noConfigNotice(texts, options.config, options.models.length),
      ...(chosen.files.length === 0 && options.models.length === 0 ? noModelNotice(texts, entries.length, read) : []),
    ],
  };
}

/** Flags beside an entry must not bring back what does not count of it. */
function trusted(config: ModelConfig, trust: SettleTexts["trust"]): ModelConfig {
  return trust === "data-only" ? (stripToDataOnly([{ config, index: 0 }]).entries[0]?.config ?? config) : config;
}

/** Two levels are what a message ever names. */
function linesOf(written: Readonly<Record<string, unknown>>, lineOf: (...below: KeyPath) => number): Map<string, number> {
  const keys = Object.entries(written).flatMap(([key, value]) => [[key], ...Object.keys(blockOf(value)).map((below) => [key, below])]);
  return new Map(keys.map((path) => [path.join("."), lineOf(...path)]));
}

function readSearch(config: SearchConfig): SearchSettings {
  const precision: Precision = config.precision === "fp32" || config.precision === "float32" ? "float32" : "float16";
  return { ...camelKeys(config), precision };
}

function missingConfig({ yaml, inputs }: SettleTexts): string[] {
  const asked = inputs.config?.trim() ?? "";
  if (yaml !== undefined || asked === "") return [];
  return [`Input "config" is "${asked}", and there is no such file; correct the path or run "trt-gate init".`];
}

/** A configuration that stands for no file at all. */
function noModelNotice({ yaml }: SettleTexts, entries: number, { lineOf }: Pick<ReadConfig, "lineOf">): string[] {
  if (yaml === undefined) return [];
  const what =
    entries === 0
      ? "models is empty; name at least one, e.g. - path: models/a.onnx"
      : "models matches no file, and allow-empty lets that be";
  return [`${yaml.path}:${lineOf(["models"])}: ${what}. Nothing is checked.`];
}

function noConfigNotice({ yaml }: SettleTexts, path: string, models: number): string[] {
  if (yaml !== undefined || models > 0) return [];
  return [`There is no configuration at ${path} and no input "models", so nothing is checked; run "trt-gate init" to write one.`];
}
