/**
 * TensorRT has no percentile calibrator: the scales are computed here, on the CPU, for every activation of the network, and written as its cache.
 * All activations get one, since a tensor without a scale would keep its neighbours in float.
 */
import { headerWord, writeCache } from "../../calibration/cache.ts";
import type { EngineJob, FeedSource } from "../../model/job.ts";
import { networkScales } from "../simulate/calibrate-model.ts";
import { loadRuntime } from "../simulate/runtime.ts";
import type { ModelFacts } from "./model-facts.ts";

export interface PercentileRequest {
  readonly job: EngineJob;
  readonly facts: ModelFacts;
  readonly samples: FeedSource;
  /** Float tensors of the TensorRT network that the ONNX graph knows by the same name. */
  readonly activations: readonly string[];
  readonly cache: string;
  /** Digits for the cache's first line: 8601 for TensorRT 8.6.1. */
  readonly version: string;
}

/** ConfigError for samples that do not fit; tensors that are always zero get no scale. */
export async function percentileCache({ job, facts, samples, activations, cache, version }: PercentileRequest): Promise<void> {
  const { scales } = await networkScales(facts.network, {
    data: samples,
    algorithm: "percentile",
    percentile: job.quantization.percentile,
    effects: job.effects,
    deadlineMs: job.deadlineMs,
    runtime: await loadRuntime(job.effects),
    tensors: activations,
  });
  await job.effects.files.writeText(cache, writeCache({ version, algorithm: headerWord.percentile, scales }));
}
