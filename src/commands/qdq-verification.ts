/** Proves that a Q/DQ model does what its calibration cache does: both run in the simulate lane on the same samples. */
import type { Effects } from "../effects/effects.ts";
import { prepareSimulate } from "../lanes/simulate/simulate.ts";
import { measure } from "../measure/measure.ts";
import type { Engine, TensorPair } from "../model/engine.ts";
import type { FeedSource, ShapeRange } from "../model/job.ts";
import type { PreparedLane } from "../model/lane.ts";
import type { PlacementScheme } from "../model/placement.ts";
import type { Tensor } from "../model/tensor.ts";
import { type Assignment, plainCandidate } from "../model/unit.ts";
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
  const { measurements, coverage } = await withCandidate(
    shared,
    { cachePath, placement },
    keep ? { keep } : plainCandidate,
    async (cached, samples) =>
      withCandidate(shared, { qdqPath }, plainCandidate, async (explicit) =>
        measure(pairsOf(cached, explicit, samples), { atol: 0, rtol: 0, topK: 1, seed: 0 }),
      ),
  );
  const complete = coverage.onlyReference.length === 0 && measurements.every(({ fault }) => fault === undefined);
  const figures = measurements.map(({ metrics }) => metrics.sqnrDb ?? Number.NaN);
  return complete && figures.length > 0 ? Math.min(...figures) : Number.NaN;
}

async function withCandidate<T>(
  shared: Omit<QdqVerification, "cachePath" | "qdqPath" | "keep" | "placement">,
  quantization: SimulateJobParts["quantization"],
  assignment: Assignment,
  use: (engine: Engine, samples: number) => Promise<T>,
): Promise<T> {
  const { files } = shared.effects;
  const workFolder = await files.makeTempFolder("simulate");
  let lane: PreparedLane | undefined;
  try {
    lane = await prepareSimulate(await simulateJob({ ...shared, quantization, workFolder }));
    return await use(await lane.build(assignment), lane.sampleCount);
  } finally {
    await lane?.close();
    await files.remove(workFolder);
  }
}

/** One sample's outputs are held at a time. */
async function* pairsOf(cached: Engine, explicit: Engine, samples: number): AsyncGenerator<TensorPair> {
  for (let sample = 0; sample < samples; sample++) {
    const partners = new Map<string, Tensor | undefined>();
    for await (const { tensor, candidate } of explicit.outputs([sample])) partners.set(tensor, candidate);
    for await (const { tensor, candidate } of cached.outputs([sample]))
      yield { sample, tensor, role: "output", reference: candidate, candidate: partners.get(tensor) };
  }
}
