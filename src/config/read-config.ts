/**
 * The configuration's text -> its sound entries, and every problem with its place: syntax, then keys and types, then the rules between keys.
 * Which files the entries stand for is models.ts.
 */
import { entryFaults, type Fault } from "./entry-rules.ts";
import { showKey, wordIssue } from "./messages.ts";
import type { Entry, GivenEntry } from "./models.ts";
import { pathFault, pathFaultIn, type Workspace } from "./paths.ts";
import { configSchema, type ModelConfig, modelSchema, type SearchConfig, searchSchema } from "./schema.ts";
import { property } from "./untyped.ts";
import { type KeyPath, readYaml } from "./yaml.ts";

export interface ConfigFile {
  readonly path: string;
  readonly text: string;
}

export interface ReadConfig {
  /** Entries that are sound by themselves, so that the rules between keys are checked beside another entry's typo. */
  readonly entries: readonly Entry[];
  /** The n-th entry as it was written. */
  given(index: number): GivenEntry;
  readonly search: SearchConfig;
  readonly problems: readonly string[];
  lineOf(path: KeyPath): number;
  place(fault: Fault): string;
}

/** Without a file: no entry and no problem. */
export function readConfig(file: ConfigFile | undefined, today: string, workspace: Workspace): ReadConfig {
  const nothing = { entries: [], search: searchSchema.parse({}) };
  if (file === undefined) return { ...nothing, problems: [], given: () => ({}), lineOf: () => 1, place: ({ text }) => text };
  const { value, problems: syntax, lineOf } = readYaml(file.text);
  const at = (path: KeyPath, text: string): string => `${file.path}:${lineOf(path)}: ${text}`;
  const place = ({ path, text }: Fault): string => at(path, `${showKey(path)} ${text}.`);
  if (syntax.length > 0)
    return { ...nothing, problems: syntax.map(({ line, text }) => `${file.path}:${line}: ${text}.`), given: () => ({}), lineOf, place };
  const parsed = configSchema.safeParse(value);
  const issues = parsed.error?.issues.flatMap((issue) => wordIssue(configSchema, issue, value)) ?? [];
  const entries = soundEntries(value);
  const faults = [...emptyTolerances(value), ...entries.flatMap((entry) => faultsOf(entry, today, workspace))];
  const problems = [...issues.map(({ path, text }) => at(path, text)), ...faults.map(place)];
  return {
    entries,
    search: parsed.data?.search ?? nothing.search,
    problems,
    given: (index) => givenEntry(rawEntries(value)[index]),
    lineOf,
    place,
  };
}

function soundEntries(value: unknown): Entry[] {
  return rawEntries(value).flatMap((written, index) => {
    const config = modelSchema.safeParse(written).data;
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

const givenEntry = (entry: unknown): GivenEntry => (typeof entry === "object" && entry !== null ? { ...entry } : {});

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
    [["keep"], typeof entry.keep === "string" ? entry.keep : undefined],
    [["baseline"], typeof entry.baseline === "string" ? entry.baseline : undefined],
    [["reference", "outputs"], typeof entry.reference === "string" ? undefined : entry.reference.outputs],
    ...(["reference", "candidate"] as const).map((key): [KeyPath, string | undefined] => [["engine", key], entry.engine?.[key]]),
    ...(["cache", "data", "loader", "qdq"] as const).map((key): [KeyPath, string | undefined] => [["quantization", key], q?.[key]]),
    ...(["data", "loader", "inputs", "labels"] as const).map((key): [KeyPath, string | undefined] => [["validation", key], v?.[key]]),
  ];
  const fault = (path: KeyPath, file: string, what: string | undefined): Fault[] =>
    what === undefined ? [] : [{ path, text: `is "${file}", which ${what}` }];
  return [
    ...files.flatMap(([path, file]) => (file === undefined ? [] : fault(path, file, pathFaultIn(workspace, file)))),
    ...entry.watch.flatMap((pattern, n) => fault(["watch", n], pattern, pathFault(pattern))),
    ...entry.tensorrt.plugins.flatMap((file, n) => (file.startsWith("/") ? [] : fault(["tensorrt", "plugins", n], file, pathFault(file)))),
  ];
}
