/** Which files the entries and the `models` input stand for, one entry each, with a name of its own. Whether a literal path exists is checked later. */
import type { Fault } from "./entry.ts";
import { isGlob, normalPath, pathFaultIn, stemOf, type Workspace } from "./paths.ts";
import type { ModelConfig } from "./schema.ts";

export interface Entry {
  readonly config: ModelConfig;
  /** Position in the configuration's `models`. */
  readonly index: number;
}

export interface ChosenFile {
  readonly config: ModelConfig;
  readonly name: string;
  readonly path: string;
  /** Undefined for a file that only the input names. */
  readonly index: number | undefined;
}

export interface Chosen {
  readonly files: readonly ChosenFile[];
  /** Problems of the configuration, path from its top. */
  readonly faults: readonly Fault[];
  /** Problems of the input, complete sentences. */
  readonly problems: readonly string[];
}

/**
 * `wanted`: lines of the `models` input; empty means all entries. A line is a path, a glob or the name of an entry; a file that an entry holds
 * keeps that entry, others get `defaults`. A file that one entry names by path is left out of the other entries' globs.
 */
export function chooseFiles(
  entries: readonly Entry[],
  wanted: readonly string[],
  workspace: Workspace,
  defaults: (path: string) => ModelConfig,
): Chosen {
  const faults: Fault[] = [];
  const literal = new Set(entries.filter(({ config }) => !isGlob(config.path)).map(({ config }) => normalPath(config.path)));
  const all = entries.flatMap(({ config, index }) => {
    if (!isGlob(config.path)) return [{ config, index, path: normalPath(config.path) }];
    const matches = workspace.match(config.path);
    if (matches.length === 0 && !config["allow-empty"])
      faults.push({
        path: ["models", index, "path"],
        text: `is "${config.path}", which matches no file; correct it or set allow-empty: true`,
      });
    return matches.filter((path) => !literal.has(path)).map((path) => ({ config, index, path }));
  });
  const configured = withNames(all);
  faults.push(...sameNames(configured));
  if (wanted.length === 0) return { files: configured, faults, problems: [] };
  const problems: string[] = [];
  const files = wanted.flatMap((line) => filesOf(line, configured, workspace, problems, defaults));
  return { files: withoutRepeats(withNames(files)), faults, problems };
}

type Unnamed = Omit<ChosenFile, "name">;

function filesOf(
  line: string,
  configured: readonly ChosenFile[],
  workspace: Workspace,
  problems: string[],
  defaults: (path: string) => ModelConfig,
): Unnamed[] {
  const named = configured.filter((file) => file.name === line);
  if (named.length > 0) return named;
  const fault = pathFaultIn(workspace, line);
  const paths = isGlob(line) ? workspace.match(line) : [normalPath(line)];
  if (fault !== undefined) problems.push(`Input "models" has "${line}", which ${fault}.`);
  else if (paths.length === 0) problems.push(`Input "models" has "${line}", which matches no file; correct the glob.`);
  return paths.flatMap((path): Unnamed[] => {
    const kept = configured.filter((file) => file.path === path);
    return kept.length > 0 ? kept : [{ config: defaults(path), index: undefined, path }];
  });
}

/** A given name counts for one file; several files of one entry are `name/stem`. Without a name: the file's stem, or its path where stems repeat. */
function withNames(files: readonly Unnamed[]): ChosenFile[] {
  const stems = files.filter((file) => file.config.name === undefined).map((file) => stemOf(file.path));
  const repeats = (stem: string): boolean => stems.filter((other) => other === stem).length > 1;
  return files.map((file) => {
    const { name: given } = file.config;
    const stem = stemOf(file.path);
    if (given === undefined) return { ...file, name: repeats(stem) ? file.path.replace(/\.onnx$/i, "") : stem };
    const siblings = files.filter((other) => other.index === file.index && file.index !== undefined);
    return { ...file, name: siblings.length > 1 ? `${given}/${stem}` : given };
  });
}

function sameNames(files: readonly ChosenFile[]): Fault[] {
  return files.flatMap((file, position) => {
    const first = files.findIndex((other) => other.name === file.name);
    if (first === position || file.index === undefined) return [];
    return [
      {
        path: ["models", file.index, file.config.name === undefined ? "path" : "name"],
        text: `gives a second model the name "${file.name}" (first: ${files[first]?.path ?? ""}); write another name`,
      },
    ];
  });
}

const withoutRepeats = (files: readonly ChosenFile[]): ChosenFile[] =>
  files.filter((file, position) => files.findIndex((other) => other.name === file.name && other.path === file.path) === position);
