/** A job for the simulate lane outside a configuration: what a command needs to run a model on the CPU. */
import { join } from "node:path";
import type { Effects } from "../effects/effects.ts";
import type { FeedSource, LaneJob, QuantizationSource, ShapeRange } from "../model/job.ts";
import { stageModel } from "../onnx/stage.ts";

export interface SimulateJobParts {
  readonly modelPath: string;
  readonly quantization: Pick<QuantizationSource, "cachePath" | "qdqPath">;
  readonly samples: FeedSource;
  readonly shapes: ReadonlyMap<string, ShapeRange>;
  readonly effects: Effects;
}

const hourMs = 3_600_000;

/** Stages the model into a folder of its own: the lane writes its weights beside it. */
export async function simulateJob({ modelPath, quantization, samples, shapes, effects }: SimulateJobParts): Promise<LaneJob> {
  const workFolder = await effects.files.makeTempFolder("simulate");
  const folder = join(workFolder, "staged");
  await effects.files.makeFolder(folder);
  const staged = await stageModel({ path: modelPath, folder, files: effects.files, trust: "local" });
  return {
    name: modelPath,
    modelPath: staged.modelPath,
    sha256: staged.sha256,
    quantization: { ...quantization, algorithm: "entropy", percentile: 99.999 },
    validation: samples,
    workFolder,
    keepPrecision: "float32",
    seed: 0,
    deadlineMs: effects.clock.monotonicMs() + hourMs,
    effects,
    tensorrt: {
      python: "",
      plugins: [],
      versionCompatible: false,
      tf32: false,
      markAll: false,
      markBatch: 1,
      noTacticSources: false,
      rebuilds: 0,
    },
    shapes,
  };
}
