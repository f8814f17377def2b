/** A job for the simulate lane outside a configuration: what a command needs to run a model on the CPU. */
import { join } from "node:path";
import type { Effects } from "../effects/effects.ts";
import type { FeedSource, LaneJob, QuantizationSource, ShapeRange } from "../model/job.ts";
import { stageModel } from "../onnx/stage.ts";

export interface SimulateJobParts {
  readonly modelPath: string;
  readonly quantization: Pick<QuantizationSource, "cachePath" | "qdqPath" | "placement">;
  /** The files as the user named them, for messages. */
  readonly sources: NonNullable<LaneJob["sources"]>;
  /** An empty folder of the caller, who removes it. */
  readonly workFolder: string;
  readonly samples: FeedSource;
  readonly shapes: ReadonlyMap<string, ShapeRange>;
  readonly effects: Effects;
}

const hourMs = 3_600_000;

/** Stages both models into folders of their own: the lane writes its weights beside them. */
export async function simulateJob(parts: SimulateJobParts): Promise<LaneJob> {
  const { quantization, samples, shapes, sources, workFolder, effects } = parts;
  const stage = async (path: string, name: string, shownAs: string) => {
    const folder = join(workFolder, name);
    await effects.files.makeFolder(folder);
    return await stageModel({ path, shownAs, folder, files: effects.files, trust: "local" });
  };
  const staged = await stage(parts.modelPath, "staged", sources.model);
  const qdq = quantization.qdqPath === undefined ? undefined : await stage(quantization.qdqPath, "staged-qdq", sources.qdq ?? "");
  return {
    name: sources.model,
    modelPath: staged.modelPath,
    sources,
    quantization: { ...quantization, ...(qdq ? { qdqPath: qdq.modelPath } : {}), algorithm: "entropy", percentile: 99.999 },
    validation: samples,
    deadlineMs: effects.clock.monotonicMs() + hourMs,
    effects,
    shapes,
  };
}
