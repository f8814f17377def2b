/** Proves that a Q/DQ model does what its calibration cache does: both run in the simulate lane on the same samples. */
import type { Effects } from "../effects/effects.ts";
import { prepareSimulate } from "../lanes/simulate/simulate.ts";
import { measure } from "../measure/measure.ts";
import type { TensorPair } from "../model/engine.ts";
import type { FeedSource, ShapeRange } from "../model/job.ts";
import type { PreparedLane } from "../model/lane.ts";
import type { PlacementScheme } from "../model/placement.ts";
import type { Tensor } from "../model/tensor.ts";
import { plainCandidate } from "../model/unit.ts";
import { type SimulateJobParts, simulateJob } from "./simulate-job.ts";

export interface QdqVerification {
  readonly modelPath: string;
  readonly cachePath: string;
  readonly qdqPath: string;
  /** The three as the user named them, for messages. */
  readonly sources: { readonly model: string; readonly cache: string; readonly qdq: string };
  readonly samples: FeedSource;
  readonly shapes: ReadonlyMap<string, ShapeRange>;
  /** Units without Q/DQ in the model, kept in float beside the cache as well. */
  readonly keep?: ReadonlySet<string>;
  /** Where the cache's scales are put beside the model. */
  readonly placement: PlacementScheme;
  readonly effects: Effects;
}

/** Smallest SQNR over the final outputs, dB, the cache's outputs as the reference; Infinity where all are identical, NaN where nothing was compared. */
export async function agreementDb({ cachePath, qdqPath, keep, placement, ...shared }: QdqVerification): Promise<number> {
  const cached = await candidateOutputs(shared, { cachePath, placement }, keep && { keep });
  const explicit = await candidateOutputs(shared, { qdqPath });
  const { measurements, coverage } = await measure(pairsOf(cached, explicit), { atol: 0, rtol: 0, topK: 1, seed: 0 });
  const complete = coverage.onlyReference.length === 0 && measurements.every(({ fault }) => fault === undefined);
  const figures = measurements.map(({ metrics }) => metrics.sqnrDb ?? Number.NaN);
  return complete && figures.length > 0 ? Math.min(...figures) : Number.NaN;
}

interface Output {
  readonly sample: number;
  readonly tensor: string;
  readonly value: Tensor | undefined;
}

async function candidateOutputs(
  shared: Omit<QdqVerification, "cachePath" | "qdqPath" | "keep" | "placement">,
  quantization: SimulateJobParts["quantization"],
  assignment = plainCandidate,
): Promise<Output[]> {
  const { files } = shared.effects;
  const workFolder = await files.makeTempFolder("simulate");
  let lane: PreparedLane | undefined;
  try {
    lane = await prepareSimulate(await simulateJob({ ...shared, quantization, workFolder }));
    const outputs: Output[] = [];
    const samples = Array.from({ length: lane.sampleCount }, (_, sample) => sample);
    for await (const { sample, tensor, candidate } of (await lane.build(assignment)).outputs(samples)) {
      outputs.push({ sample, tensor, value: candidate });
    }
    return outputs;
  } finally {
    await lane?.close();
    await files.remove(workFolder);
  }
}

async function* pairsOf(cached: readonly Output[], explicit: readonly Output[]): AsyncGenerator<TensorPair> {
  for (const { sample, tensor, value } of cached) {
    const partner = explicit.find((output) => output.sample === sample && output.tensor === tensor);
    yield { sample, tensor, role: "output", reference: value, candidate: partner?.value };
  }
}
