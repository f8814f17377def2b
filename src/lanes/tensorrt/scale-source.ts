/**
 * Decides where the implicit lane's scales come from: a cache that fits this model and this TensorRT, or calibration from samples into a new one.
 * A cache that TensorRT would silently replace by a calibration on other data is an error here.
 */
import { join } from "node:path";
import { type CalibrationCache, headerWord, parseCache } from "../../calibration/cache.ts";
import { ConfigError, ToolError } from "../../effects/failure.ts";
import type { EngineJob, FeedSource } from "../../model/job.ts";
import { checkFeeds } from "../../samples/check-feeds.ts";
import { cacheHeaderPrefix, calibratorOf } from "./capabilities.ts";
import { writeFeeds } from "./feed-files.ts";
import type { ModelFacts } from "./model-facts.ts";
import { percentileCache } from "./percentile.ts";
import type { Hello } from "./protocol.ts";
import type { Calibration } from "./recipe.ts";

export interface ScaleSource {
  readonly calibration: Calibration;
  /** Why it is this one, for the log. */
  readonly why: string;
}

export interface ScaleRequest {
  readonly job: EngineJob;
  readonly facts: ModelFacts;
  readonly hello: Hello;
  readonly folder: string;
  /** Samples of `data` or of the loader script; undefined without either. */
  readonly samples: FeedSource | undefined;
  /** Float tensors of the TensorRT network under their ONNX names. */
  readonly activations: readonly string[];
}

/** ToolError `stale-cache` for a cache that does not fit and no samples to renew it; ConfigError without any source. */
export async function scaleSource(request: ScaleRequest): Promise<ScaleSource> {
  const { cachePath } = request.job.quantization;
  if (cachePath !== undefined) {
    const cache = parseCache(await request.job.effects.files.readText(cachePath), cachePath);
    const fault = cacheFault(cache, request);
    if (fault === undefined) return useCache(cache, request);
    if (request.samples === undefined)
      throw new ToolError("stale-cache", `${fault} Calibrate anew, or give 'quantization.data' so that the gate can.`);
    request.job.effects.log.notice(`${fault} It is renewed from ${request.samples.description}.`);
  }
  if (request.samples === undefined)
    throw new ConfigError(
      `The implicit lane needs scales for '${request.job.name}'. Give 'cache', 'data' or 'loader' in its 'quantization'.`,
    );
  return calibrate(request, request.samples);
}

/** Undefined where the cache fits. Shape arithmetic is no compute input and does not count. */
function cacheFault(cache: CalibrationCache, { hello, facts }: ScaleRequest): string | undefined {
  const wanted = cacheHeaderPrefix(hello.tensorrt);
  if (cache.isMarked)
    return `The calibration cache ${cache.file} begins with a byte order mark, so that TensorRT ignores it. Save it without the mark.`;
  if (cache.header === "" || cache.entries.length === 0) return `The calibration cache ${cache.file} has no header or no scale.`;
  if (`TRT-${cache.version}` !== wanted)
    return `The calibration cache ${cache.file} begins with ${cache.header}, and TensorRT ${hello.tensorrt} reads only ${wanted}-….`;
  if (calibratorOf(cache.algorithm ?? "") === undefined)
    return `The calibration cache ${cache.file} names the algorithm ${cache.algorithm}, which TensorRT does not know.`;
  const names = new Set(cache.entries.map((entry) => entry.name));
  const missing = [...new Set(facts.units.flatMap((unit) => unit.inputs))].filter((name) => !names.has(name));
  if (missing.length === 0) return undefined;
  return `The calibration cache ${cache.file} has no scale for ${missing.length} inputs of compute nodes, e.g. '${missing[0]}': it belongs to another model.`;
}

/** A copy in the run's folder, so that no tool writes into the checkout. */
async function useCache(cache: CalibrationCache, { job, folder }: ScaleRequest): Promise<ScaleSource> {
  const copy = join(folder, "calibration.cache");
  await job.effects.files.copy(cache.file, copy);
  return {
    calibration: { cache: copy, calibrator: calibratorOf(cache.algorithm ?? "") ?? "" },
    why: `calibration cache ${cache.file} (${cache.header})`,
  };
}

async function calibrate(request: ScaleRequest, samples: FeedSource): Promise<ScaleSource> {
  const { job, facts, folder, hello } = request;
  // TensorRT calibrates with the opt shape of the last profile and with nothing else.
  await checkFeeds(samples, facts.inputs, new Map([...facts.shapes].map(([name, { opt }]) => [name, { min: opt, opt, max: opt }])));
  const cache = join(folder, "calibration.cache");
  const calibrator = calibratorOf(headerWord[job.quantization.algorithm]) ?? "";
  if (!hello.features.calibrators.includes(calibrator))
    throw new ConfigError(`This TensorRT has no ${calibrator} for the algorithm '${job.quantization.algorithm}'. Choose another one.`);
  if (job.quantization.algorithm === "percentile") {
    await percentileCache({
      job,
      facts,
      samples,
      activations: request.activations,
      cache,
      version: cacheHeaderPrefix(hello.tensorrt).slice("TRT-".length),
    });
    return {
      calibration: { cache, calibrator },
      why: `percentile ${job.quantization.percentile} of ${samples.count} samples of ${samples.description}`,
    };
  }
  const files = await writeFeeds(samples, samples.count, join(folder, "calibration"), job.effects.files);
  return {
    calibration: { cache, calibrator, samples: files },
    why: `${job.quantization.algorithm} calibration on ${samples.count} samples of ${samples.description}`,
  };
}
