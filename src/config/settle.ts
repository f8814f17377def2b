/**
 * Inputs, configuration text and environment -> one Settings, or one ConfigError with every problem. Pure: texts, the day and the
 * workspace's answers are handed in. Which commit the text comes from and which models changed is decided elsewhere.
 */
import { ConfigError } from "../effects/failure.ts";
import type { Precision } from "../lanes/lane.ts";
import { camelKeys } from "./case.ts";
import { stripToDataOnly } from "./data-only.ts";
import { entryFaults, type Fault, readEntry } from "./entry.ts";
import { chooseFiles, type Entry } from "./models.ts";
import { type Environment, type RawInputs, readOptions } from "./options.ts";
import { pathFault, pathFaultIn, type Workspace } from "./paths.ts";
import { configSchema, type ModelConfig, modelSchema, type SearchConfig, searchSchema } from "./schema.ts";
import type { SearchSettings, Settings } from "./settings.ts";
import { property } from "./untyped.ts";
import { showKey, wordIssue } from "./wording.ts";
import { type KeyPath, readYaml } from "./yaml.ts";

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
}

export function settle(texts: SettleTexts): Settings {
  const { options, problems: inputProblems } = readOptions(texts.inputs, texts.env);
  const read = readConfig(texts);
  const problems = [...inputProblems, ...read.problems];
  const { entries, notices } = texts.trust === "data-only" ? stripToDataOnly(read.entries) : { entries: read.entries, notices: [] };
  const chosen = chooseFiles(entries, options.models, texts.workspace, (path) => modelSchema.parse({ path }));
  problems.push(...chosen.faults.map(read.place), ...chosen.problems);
  if (problems.length > 0) throw new ConfigError(problems);
  const file = texts.yaml?.path ?? options.config;
  return {
    options,
    models: chosen.files.map(({ config: entry, name, path, index }) => {
      const lineOf = (...below: KeyPath): number => (index === undefined ? 1 : read.lineOf(["models", index, ...below]));
      return readEntry(entry, { name, path, place: { file, line: lineOf() } }, (n) => `${file}:${lineOf("waivers", n)}`);
    }),
    search: readSearch(read.search),
    configPath: texts.yaml?.path,
    configCommit: texts.yaml?.commit,
    notices: [...notices, ...noConfigNotice(texts, options.config, options.models.length)],
  };
}

interface ReadConfig {
  /** Entries that are sound by themselves, so that the rules between keys are checked beside another entry's typo. */
  readonly entries: readonly Entry[];
  readonly search: SearchConfig;
  readonly problems: readonly string[];
  lineOf(path: KeyPath): number;
  place(fault: Fault): string;
}

function readConfig({ yaml, inputs, today, workspace }: SettleTexts): ReadConfig {
  const nothing = { entries: [], search: searchSchema.parse({}) };
  if (yaml === undefined) {
    const asked = inputs.config?.trim() ?? "";
    const problems =
      asked === "" ? [] : [`Input "config" is "${asked}", and there is no such file; correct the path or run "trt-gate init".`];
    return { ...nothing, problems, lineOf: () => 1, place: ({ text }) => text };
  }
  const { value, problems: syntax, lineOf } = readYaml(yaml.text);
  const at = (path: KeyPath, text: string): string => `${yaml.path}:${lineOf(path)}: ${text}`;
  const place = ({ path, text }: Fault): string => at(path, `${showKey(path)} ${text}.`);
  if (syntax.length > 0) return { ...nothing, problems: syntax.map(({ line, text }) => `${yaml.path}:${line}: ${text}.`), lineOf, place };
  const parsed = configSchema.safeParse(value);
  const issues = parsed.error?.issues.flatMap((issue) => wordIssue(configSchema, issue, value)) ?? [];
  const entries = soundEntries(value);
  const faults = [...emptyTolerances(value), ...entries.flatMap((entry) => faultsOf(entry, today, workspace))];
  const problems = [...issues.map(({ path, text }) => at(path, text)), ...faults.map(place)];
  return { entries, search: parsed.data?.search ?? nothing.search, problems, lineOf, place };
}

function soundEntries(value: unknown): Entry[] {
  return rawEntries(value).flatMap((entry, index) => {
    const config = modelSchema.safeParse(entry).data;
    return config === undefined ? [] : [{ config, index }];
  });
}

/** `tolerance: {}` reads like "no limits" and would mean the default ones. */
function emptyTolerances(value: unknown): Fault[] {
  return rawEntries(value).flatMap((entry, index) => {
    const tolerance = property(entry, "tolerance");
    const empty = typeof tolerance === "object" && tolerance !== null && Object.keys(tolerance).length === 0;
    return empty
      ? [{ path: ["models", index, "tolerance"], text: "names no metric; give one, or leave tolerance out for the default limits" }]
      : [];
  });
}

function rawEntries(value: unknown): readonly unknown[] {
  const models = property(value, "models");
  return Array.isArray(models) ? models : [];
}

function faultsOf({ config, index }: Entry, today: string, workspace: Workspace): Fault[] {
  return [...entryFaults(config, today), ...pathFaults(config, workspace)].map(({ path, text }) => ({
    path: ["models", index, ...path],
    text,
  }));
}

function pathFaults(entry: ModelConfig, workspace: Workspace): Fault[] {
  const { quantization: q, validation: v } = entry;
  const files: [KeyPath, string | undefined][] = [
    [["path"], entry.path],
    ...(["cache", "data", "loader", "qdq"] as const).map((key): [KeyPath, string | undefined] => [["quantization", key], q?.[key]]),
    ...(["data", "loader", "inputs", "labels"] as const).map((key): [KeyPath, string | undefined] => [["validation", key], v?.[key]]),
  ];
  const fault = (path: KeyPath, file: string, what: string | undefined): Fault[] =>
    what === undefined ? [] : [{ path, text: `is "${file}", which ${what}` }];
  return [
    ...files.flatMap(([path, file]) => (file === undefined ? [] : fault(path, file, pathFaultIn(workspace, file)))),
    ...entry.watch.flatMap((pattern, n) => fault(["watch", n], pattern, pathFault(pattern))),
  ];
}

function readSearch(config: SearchConfig): SearchSettings {
  const precision: Precision = config.precision === "fp32" || config.precision === "float32" ? "float32" : "float16";
  return { ...camelKeys(config), precision };
}

function noConfigNotice({ yaml }: SettleTexts, path: string, models: number): string[] {
  if (yaml !== undefined || models > 0) return [];
  return [`There is no configuration at ${path} and no input "models", so nothing is checked; run "trt-gate init" to write one.`];
}
