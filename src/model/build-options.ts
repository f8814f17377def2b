/**
 * Shapes, builder options, calibrator and timing cache of a TensorRT build as words for `polygraphy` and for `trtexec`.
 * Model, precisions and engine are build-command.ts's.
 */
import type { ShapeRange, TensorRtOptions } from "./job.ts";

type Shapes = ReadonlyMap<string, ShapeRange>;
/** Plugins as the command shall name them. */
export type BuilderOptions = Omit<TensorRtOptions, "python">;

/** What `polygraphy` and `trtexec` read a cache with unless told otherwise (`trtexec` cannot be told). */
export const entropyCalibrator = "IInt8EntropyCalibrator2";
/** `trtexec` splits lists of names at commas and colons before it looks at quotes: no quoting saves a name with one of these. */
export const trtexecSeparators = [",", ":", "'", '"'] as const;
const ends = ["min", "opt", "max"] as const;

/** None for a model without ranges. */
export const polygraphyShapes = (shapes: Shapes): string[] =>
  ends.flatMap((end) =>
    shapes.size === 0 ? [] : [`--trt-${end}-shapes`, ...[...shapes].map(([input, range]) => `${input}:[${range[end].join(",")}]`)],
  );

/** Polygraphy has no flag for the number of the DLA core. */
export const polygraphyOptions = (tensorrt: BuilderOptions): string[] => [
  ...(tensorrt.optimizationLevel === undefined ? [] : ["--builder-optimization-level", String(tensorrt.optimizationLevel)]),
  ...(tensorrt.noTacticSources ? ["--tactic-sources"] : []),
  ...(tensorrt.tf32 ? ["--tf32"] : []),
  ...(tensorrt.workspaceMiB === undefined ? [] : ["--pool-limit", `workspace:${tensorrt.workspaceMiB}M`]),
  ...(tensorrt.versionCompatible ? ["--version-compatible"] : []),
  ...(tensorrt.dlaCore === undefined ? [] : ["--use-dla", "--allow-gpu-fallback"]),
  ...polygraphyPlugins(tensorrt.plugins),
];

/** `plugins`: paths of libraries. No words without any. */
export const polygraphyPlugins = (plugins: readonly string[]): string[] => (plugins.length === 0 ? [] : ["--plugins", ...plugins]);

/** The class that wrote the cache; nothing where it is the tool's own. */
export const polygraphyCalibrator = (calibrator: string = entropyCalibrator): string[] =>
  calibrator === entropyCalibrator ? [] : ["--calib-base-cls", calibrator];

/** The same words for a model with Q/DQ, which nothing calibrates. */
export function withoutCalibrator(words: readonly string[]): string[] {
  const at = words.indexOf("--calib-base-cls");
  return at < 0 ? [...words] : [...words.slice(0, at), ...words.slice(at + 2)];
}

/** For a build of this run: kernels that the cache lacks are timed and added to it. No words without a cache. */
export const polygraphySharedTiming = (cache: string | undefined): string[] =>
  cache === undefined ? [] : [...polygraphyTiming(cache), "--save-timing-cache", cache];

/** No words without a cache. */
export const polygraphyTiming = (cache: string | undefined): string[] => (cache === undefined ? [] : ["--load-timing-cache", cache]);

/** No words without a cache. */
export const trtexecTiming = (cache: string | undefined): string[] => (cache === undefined ? [] : [`--timingCacheFile=${cache}`]);

/** Undefined where trtexec would not accept the cache, and calibrate on random numbers, or not understand the shape of an input. */
export function trtexecOptions(shapes: Shapes, tensorrt: BuilderOptions, calibrator: string = entropyCalibrator): string[] | undefined {
  const isSplit = [...shapes.keys()].some((name) => trtexecSeparators.some((char) => name.includes(char)));
  if (isSplit || calibrator !== entropyCalibrator) return undefined;
  const { optimizationLevel, workspaceMiB, dlaCore, versionCompatible, tf32, plugins } = tensorrt;
  const ranges = ends.flatMap((end) =>
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
