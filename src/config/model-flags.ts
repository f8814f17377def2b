/**
 * A model described by the flags of a command (`--cache`, `--data`, `--qdq`, `--validation`, `--shapes`, `--tolerance`) as an entry of the configuration:
 * what the flags say replaces what the entry says, so that a model can be checked without a file. Pure; which file it is is models.ts.
 */
import type { GivenEntry } from "./models.ts";
import { isGlob, normalPath, pathFaultIn, type Workspace } from "./paths.ts";
import type { ShapesConfig } from "./shapes.ts";
import type { ToleranceConfig } from "./tolerance-schema.ts";

/** Paths as they were typed, relative to the working folder. */
export interface ModelFlags {
  readonly cache?: string | undefined;
  readonly data?: string | undefined;
  readonly qdq?: string | undefined;
  readonly validation?: string | undefined;
  readonly keep?: string | undefined;
  readonly shapes?: ShapesConfig;
  readonly tolerance?: ToleranceConfig | undefined;
}

const pathFlags = ["cache", "data", "qdq", "validation", "keep"] as const;

/** Names of the flags that are given, `--cache` first. */
export const givenFlags = (flags: ModelFlags): string[] => [
  ...pathFlags.filter((name) => flags[name] !== undefined).map((name) => `--${name}`),
  ...(Object.keys(flags.shapes ?? {}).length === 0 ? [] : ["--shapes"]),
  ...(flags.tolerance === undefined ? [] : ["--tolerance"]),
];

/** By key of the entry, as "quantization.cache": the flag that says it, so that a message names what was typed. */
export const flagsByKey = (flags: ModelFlags): ReadonlyMap<string, string> =>
  new Map(givenFlags(flags).flatMap((flag) => (keysOfFlag[flag] ?? [flag.slice(2)]).map((key): readonly [string, string] => [key, flag])));

/** A flag that is not here gives the key of its own name. */
const keysOfFlag: Readonly<Record<string, readonly string[]>> = {
  "--cache": ["quantization.cache"],
  "--data": ["quantization.data", "quantization.loader"],
  "--qdq": ["quantization.qdq"],
  "--validation": ["validation.data", "validation.loader"],
};

/** Complete sentences about flags that are wrong by themselves or beside each other; `models`: how many models they would have to describe. */
export function flagFaults(flags: ModelFlags, models: number, workspace: Workspace): string[] {
  const given = givenFlags(flags);
  if (given.length === 0) return [];
  const paths = pathFlags.flatMap((name) => {
    const path = flags[name];
    const fault = path === undefined ? undefined : isGlob(path) ? "is a pattern; name one file or folder" : pathFaultIn(workspace, path);
    return fault === undefined ? [] : [`--${name} is "${path}", which ${fault}.`];
  });
  return [
    ...(models === 1
      ? []
      : [
          `${given.join(", ")} ${given.length === 1 ? "describes" : "describe"} one model, and ${models} are chosen. Name one: trt-gate check MODEL ${given[0]} …`,
        ]),
    ...paths,
    ...(flags.qdq !== undefined && (flags.cache ?? flags.data) !== undefined
      ? ["--qdq stands beside --cache or --data. A Q/DQ model brings its own scales: keep one of them."]
      : []),
  ];
}

/** The entry as it was written, with what the flags say. A source of scales or of samples replaces the entry's, other keys of that block stay. */
export function withFlags(entry: GivenEntry, flags: ModelFlags): GivenEntry {
  const { cache, data, qdq, validation, shapes = {}, tolerance } = flags;
  const givenShapes = Object.entries(shapes);
  const scales = [cache, data, qdq].some((path) => path !== undefined)
    ? { ...without(entry.quantization, ["cache", "data", "loader", "qdq"]), ...scaleSource(flags) }
    : entry.quantization;
  const samples =
    validation === undefined
      ? entry.validation
      : { ...without(entry.validation, ["data", "loader", "inputs", "random", "labels"]), ...sampleSource(validation) };
  return {
    ...entry,
    ...(scales === undefined ? {} : { quantization: scales }),
    ...(samples === undefined ? {} : { validation: samples }),
    ...(givenShapes.length === 0 ? {} : { shapes: Object.fromEntries([...Object.entries(entry.shapes ?? {}), ...givenShapes]) }),
    ...(flags.keep === undefined ? {} : { keep: normalPath(flags.keep) }),
    ...(tolerance === undefined ? {} : { tolerance }),
  };
}

const scaleSource = ({ cache, data, qdq }: ModelFlags) => ({
  ...(cache === undefined ? {} : { cache: normalPath(cache) }),
  ...(data === undefined ? {} : isScript(data) ? { loader: normalPath(data) } : { data: normalPath(data) }),
  ...(qdq === undefined ? {} : { qdq: normalPath(qdq) }),
});

const sampleSource = (path: string) => (isScript(path) ? { loader: normalPath(path) } : { data: normalPath(path) });

const isScript = (path: string): boolean => /\.py$/i.test(path);

const without = (block: unknown, keys: readonly string[]): object =>
  Object.fromEntries(Object.entries(typeof block === "object" && block !== null ? block : {}).filter(([key]) => !keys.includes(key)));
