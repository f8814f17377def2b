/** The commands that do by hand what the engine lanes did, for people who live in `polygraphy` and `trtexec`. Words only; runs nothing. */
import { basename } from "node:path";
import type { EngineJob, ShapeRange, TensorRtOptions } from "../../model/job.ts";
import { besideCommands, type ReproductionFiles } from "../../model/reproduction.ts";
import { shellWord } from "../../model/shell-word.ts";
import { entropyCalibrator } from "./capabilities.ts";

type NamedJob = Pick<EngineJob, "name" | "modelPath" | "quantization" | "tensorrt" | "sources">;

export interface Reproduction {
  readonly job: NamedJob;
  readonly shapes: ReadonlyMap<string, ShapeRange>;
  /** Candidate's model and, in the implicit lane, its cache. */
  readonly candidateModel: string;
  readonly cachePath: string | undefined;
  /** Class that the cache was written by; the tools' own where it is left out. */
  readonly calibrator?: string;
  /** Weak typing: precisions are flags. Without it the model alone decides, and the flags are gone. */
  readonly weak: boolean;
  readonly keeps: boolean;
  /** Without it everything is in the folder that the commands run in. */
  readonly files?: ReproductionFiles | undefined;
}

/** In order: reference, candidate (fixed, with kept units), both runs, the comparison, and where trtexec can do it the same build with trtexec. */
export function reproduceEngines(facts: Reproduction): string[] {
  const { job, weak, files: { place, timingCache } = besideCommands } = facts;
  const timing = timingCache === undefined ? [] : ["--load-timing-cache", timingCache];
  const cache = cacheOf(facts);
  const model = job.sources?.model ?? basename(job.modelPath);
  const name = job.name.replace(/[^A-Za-z0-9_.-]/g, "_");
  const options = buildWords(job, facts.shapes).polygraphy;
  const { trtexec: trtexecOptions } = buildWords(job, facts.shapes, facts.calibrator);
  const int8 = weak
    ? [
        "--int8",
        "--fp16",
        ...(facts.cachePath === undefined || cache === undefined ? [] : ["--calibration-cache", cache, ...baseClass(facts)]),
      ]
    : ["--strongly-typed"];
  const fix = facts.keeps ? ["--trt-network-postprocess-script", "fix_precision.py", "--precision-constraints", "obey"] : [];
  const build = (model: string, flags: readonly string[], engine: string) =>
    line("polygraphy", "convert", model, ...options, ...flags, ...timing, "-o", engine);
  const run = (engine: string, outputs: string) =>
    line(
      "polygraphy",
      "run",
      engine,
      "--trt",
      ...pluginFlags(pluginsOf(job)),
      "--load-inputs",
      place("inputs.json"),
      "--save-outputs",
      outputs,
    );
  return [
    build(model, weak ? ["--fp16"] : ["--strongly-typed"], place(`${name}.fp16.engine`)),
    build(candidateOf(facts), [...int8, ...(weak ? fix : [])], place(`${name}.int8.engine`)),
    run(place(`${name}.fp16.engine`), place("reference.json")),
    run(place(`${name}.int8.engine`), place("candidate.json")),
    // Both files in one flag, reference first: two flags compare nothing and pass.
    line(
      "polygraphy",
      "run",
      "--load-outputs",
      place("reference.json"),
      place("candidate.json"),
      "--compare",
      "snr",
      "cosine_similarity",
      "--save-accuracy-results",
      place("accuracy.json"),
    ),
    ...(trtexecOptions === undefined ? [] : [trtexec(facts, trtexecOptions, name)]),
  ];
}

/** Scales that the gate made count before a cache that the user names, which was too old for them. */
const cacheOf = ({ job, cachePath, files }: Reproduction): string | undefined =>
  files?.cache ?? job.sources?.cache ?? (cachePath === undefined ? undefined : basename(cachePath));

const baseClass = ({ calibrator = entropyCalibrator }: Pick<Reproduction, "calibrator">): string[] =>
  calibrator === entropyCalibrator ? [] : ["--calib-base-cls", calibrator];

/** As the user writes them, where that is known. */
const pluginsOf = ({ sources, tensorrt }: Pick<NamedJob, "tensorrt" | "sources">): readonly string[] =>
  sources?.plugins ?? tensorrt.plugins;

/** trtexec splits its shapes at commas and colons before it looks at quotes. */
const canBeShaped = (name: string): boolean => !/[,:'"]/.test(name);

export interface BuildWords {
  readonly polygraphy: readonly string[];
  /** Undefined where it would not accept the cache, and calibrate on random numbers, or not understand the shape of an input. */
  readonly trtexec: readonly string[] | undefined;
}

/** What both tools need, beyond a model, its precisions and its cache, to build as the lane does. `calibrator`: class that wrote the cache. */
export function buildWords(job: Pick<NamedJob, "tensorrt" | "sources">, shapes: Reproduction["shapes"], calibrator?: string): BuildWords {
  const tensorrt = { ...job.tensorrt, plugins: pluginsOf(job) };
  const own = calibrator === undefined ? [] : baseClass({ calibrator });
  return {
    polygraphy: [...shapeFlags(shapes), ...builderFlags(tensorrt), ...own],
    trtexec: own.length === 0 && [...shapes.keys()].every(canBeShaped) ? trtexecFlags(shapes, tensorrt) : undefined,
  };
}

/** The user's own file where the candidate is one; a Q/DQ model that the gate made keeps the name it was written under. */
const candidateOf = ({ job, candidateModel }: Reproduction): string => {
  if (candidateModel === job.modelPath) return job.sources?.model ?? basename(candidateModel);
  return candidateModel === job.quantization.qdqPath ? (job.sources?.qdq ?? basename(candidateModel)) : basename(candidateModel);
};

function trtexec(facts: Reproduction, options: readonly string[], name: string): string {
  const { cachePath, weak, files: { place, timingCache } = besideCommands } = facts;
  const timing = timingCache === undefined ? [] : [`--timingCacheFile=${timingCache}`];
  const cache = cacheOf(facts);
  const precisions = weak
    ? ["--int8", "--fp16", ...(cachePath === undefined || cache === undefined ? [] : [`--calib=${cache}`])]
    : ["--stronglyTyped"];
  return line(
    "trtexec",
    `--onnx=${candidateOf(facts)}`,
    ...precisions,
    ...options,
    ...timing,
    `--saveEngine=${place(`${name}.int8.engine`)}`,
  );
}

function trtexecFlags(shapes: ReadonlyMap<string, ShapeRange>, tensorrt: Omit<TensorRtOptions, "python">): string[] {
  const { optimizationLevel, workspaceMiB, dlaCore, versionCompatible, tf32, plugins } = tensorrt;
  const ranges = (["min", "opt", "max"] as const).flatMap((end) =>
    shapes.size === 0 ? [] : [`--${end}Shapes=${[...shapes].map(([input, range]) => `${input}:${range[end].join("x")}`).join(",")}`],
  );
  return [
    ...ranges,
    ...(optimizationLevel === undefined ? [] : [`--builderOptimizationLevel=${optimizationLevel}`]),
    ...(workspaceMiB === undefined ? [] : [`--memPoolSize=workspace:${workspaceMiB}`]),
    ...(versionCompatible ? ["--versionCompatible"] : []),
    ...(dlaCore === undefined ? [] : [`--useDLACore=${dlaCore}`, "--allowGPUFallback"]),
    ...plugins.map((plugin) => `--staticPlugins=${plugin}`),
    ...(tf32 ? [] : ["--noTF32"]),
  ];
}

const shapeFlags = (shapes: ReadonlyMap<string, ShapeRange>): string[] =>
  (["min", "opt", "max"] as const).flatMap((end) =>
    shapes.size === 0 ? [] : [`--trt-${end}-shapes`, ...[...shapes].map(([input, range]) => `${input}:[${range[end].join(",")}]`)],
  );

/** The lane's builder options as Polygraphy's flags. It has none for the number of the DLA core. */
export const builderFlags = (tensorrt: Omit<TensorRtOptions, "python">): string[] => [
  ...(tensorrt.optimizationLevel === undefined ? [] : ["--builder-optimization-level", String(tensorrt.optimizationLevel)]),
  ...(tensorrt.noTacticSources ? ["--tactic-sources"] : []),
  ...(tensorrt.tf32 ? ["--tf32"] : []),
  ...(tensorrt.workspaceMiB === undefined ? [] : ["--pool-limit", `workspace:${tensorrt.workspaceMiB}M`]),
  ...(tensorrt.versionCompatible ? ["--version-compatible"] : []),
  ...(tensorrt.dlaCore === undefined ? [] : ["--use-dla", "--allow-gpu-fallback"]),
  ...pluginFlags(tensorrt.plugins),
];

export const pluginFlags = (plugins: readonly string[]): string[] => (plugins.length === 0 ? [] : ["--plugins", ...plugins]);

const line = (...words: readonly string[]): string => words.map(shellWord).join(" ");
