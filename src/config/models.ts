/** Which files the entries and the `models` input stand for, one entry each, with a name of its own. Whether a literal path exists is checked later. */
import type { Fault } from "./entry-rules.ts";
import { isGlob, normalPath, pathFaultIn, stemOf, type Workspace } from "./paths.ts";
import type { ModelConfig } from "./schema.ts";

export interface Entry {
  readonly config: ModelConfig;
  /** Position in the configuration's `models`. */
  readonly index: number;
}

/** An entry as it was written: without defaults, in the words of the configuration. */
export type GivenEntry = Readonly<Record<string, unknown>>;

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
 * `here` answers for the configuration's paths, `asked` for those of the input.
 */
export function chooseFiles(
  entries: readonly Entry[],
  wanted: readonly string[],
  { here, asked: typed }: { readonly here: Workspace; readonly asked: Workspace },
  defaults: (path: string) => ModelConfig,
): Chosen {
  const { files: configured, faults } = configuredFiles(entries, here);
  if (wanted.length === 0) return { files: configured, faults, problems: [] };
  const names = configured.map(({ name }) => name);
  const asked = wanted.filter((line) => !names.includes(line)).map((line) => pathsOf(line, typed));
  const paths = new Set(asked.flatMap((line) => line.paths));
  const kept = configured.filter((file) => wanted.includes(file.name) || paths.has(file.path));
  const added = [...paths].filter((path) => !configured.some((file) => file.path === path));
  const named = withNames(
    added.map((path) => ({ config: defaults(path), index: undefined, path })),
    names,
  );
  return { files: [...kept, ...named], faults, problems: asked.flatMap((line) => line.problems) };
}

type Unnamed = Omit<ChosenFile, "name">;

function configuredFiles(
  entries: readonly Entry[],
  workspace: Workspace,
): { readonly files: readonly ChosenFile[]; readonly faults: readonly Fault[] } {
  const literal = new Set(entries.filter(({ config }) => !isGlob(config.path)).map(({ config }) => normalPath(config.path)));
  const faults: Fault[] = [];
  const files = entries.flatMap(({ config, index }) => {
    const at = { config, index };
    if (!isGlob(config.path)) return [{ ...at, path: normalPath(config.path) }];
    const matches = workspace.match(config.path);
    if (matches.length === 0 && !config["allow-empty"]) faults.push({ path: ["models", index, "path"], text: noMatch(config.path) });
    return matches.filter((path) => !literal.has(path)).map((path) => ({ ...at, path }));
  });
  const named = withNames(files);
  return { files: named, faults: [...faults, ...sameNames(named)] };
}

const noMatch = (glob: string): string => `is "${glob}", which matches no file; correct it or set allow-empty: true`;

/** Files that a line of the input stands for, and complete sentences about what is wrong with it. */
function pathsOf(line: string, workspace: Workspace): { readonly paths: readonly string[]; readonly problems: readonly string[] } {
  const fault = pathFaultIn(workspace, line);
  if (fault !== undefined) return { paths: [], problems: [`Input "models" has "${line}", which ${fault}.`] };
  if (!isGlob(line)) return { paths: [normalPath(line)], problems: [] };
  const paths = workspace.match(line);
  return { paths, problems: paths.length > 0 ? [] : [`Input "models" has "${line}", which matches no file; correct the glob.`] };
}

/**
 * A given name counts for one file; several files of one entry are `name/stem`. Without a name: the file's stem, or its path where the stem
 * is `taken` or repeats. A configured file has the same name whatever else is asked for, since earlier results are found by it.
 */
function withNames(files: readonly Unnamed[], taken: readonly string[] = []): ChosenFile[] {
  const stems = [...taken, ...files.filter((file) => file.config.name === undefined).map((file) => stemOf(file.path))];
  const repeats = (stem: string): boolean => stems.filter((other) => other === stem).length > 1;
  return files.map((file) => {
    const { name: given } = file.config;
    const stem = stemOf(file.path);
    if (given === undefined) return { ...file, name: repeats(stem) ? file.path.replace(/\.onnx$/i, "") : stem };
    const siblings = files.filter((other) => other.index === file.index);
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
