/**
 * How engines come about, seen from outside: one interface, and nothing outside lanes/ knows which lane it talks to.
 * A lane makes tensors; it measures and judges nothing.
 */
import type { Effects } from "../effects/effects.ts";
import type { Feed, Tensor } from "./tensor.ts";

export type LaneName = "simulate" | "implicit" | "explicit";

/** The smallest group of nodes that changes precision together. Ids are stable within one model file. */
export interface Unit {
  /** `<op type>:<output tensor of the compute node>`, unique in the model. */
  readonly id: string;
  /** ONNX node names of the compute node and what fuses with it; the compute node first. Unnamed nodes appear as `(output <tensor>)`. */
  readonly nodes: readonly string[];
  readonly opType: string;
  /** Quantised activation inputs (ONNX tensor names). */
  readonly inputs: readonly string[];
  /** The compute node's own output: the tensor at which its injected error is measured. */
  readonly output: string;
  /** Position in topological order. */
  readonly order: number;
  /** Block the unit belongs to (`search.group: block`): from the path in its name, else from the shape of the graph, else its own id. */
  readonly block: string;
  /** Weight bytes in float32; 0 for products of two activations. */
  readonly weightBytes: number;
}

/** Which units are kept in higher precision. The empty set is the plain INT8 candidate. */
export interface Assignment {
  readonly keep: ReadonlySet<string>;
}

/** One tensor of one sample from both sides. A side is missing where that engine did not give the tensor. */
export interface TensorPair {
  readonly sample: number;
  readonly tensor: string;
  readonly role: "output" | "layer" | "injected";
  readonly reference: Tensor | undefined;
  readonly candidate: Tensor | undefined;
}

export interface RunRequest {
  readonly assignment: Assignment;
  /** Indices into the validation samples. */
  readonly samples: readonly number[];
  /** "outputs": plain engines, final outputs only; the verdict comes from these. "layers": also marked tensors and, where the lane can, injected pairs. */
  readonly detail: "outputs" | "layers";
  /** True: rebuild the candidate instead of reusing a built one (noise floor, verification). */
  readonly fresh?: boolean;
}

/** What is known of one build of an engine. In `simulate` a build is a session. */
export interface BuildFacts {
  readonly what: string;
  /** Whose engine it is, and how many units the candidate keeps in higher precision. */
  readonly role?: "reference" | "candidate" | "marked";
  readonly kept?: number;
  /** Ids of those units. */
  readonly keep?: ReadonlySet<string>;
  readonly seconds: number;
  /** Median latency of one inference, milliseconds; undefined where it means nothing (`simulate`). */
  readonly latencyMs?: number;
  readonly notes: readonly string[];
  /** Every layer of the engine; nothing where the lane has no engine or it tells nothing. */
  readonly executed?: readonly ExecutedLayer[];
  /** Engine layers of kept units that ran in INT8 nevertheless: a fix with any of them is not verified. */
  readonly ignored?: readonly string[];
}

/** Executed precision of one engine layer, read back from the engine inspector. */
export interface ExecutedLayer {
  readonly layer: string;
  readonly nodes: readonly string[];
  readonly precision: string;
  readonly layerType: string;
}

export interface LaneCoverage {
  /** Compute nodes that run quantised / all compute nodes. */
  readonly quantizedUnits: number;
  readonly totalUnits: number;
  /** Inputs of compute nodes without a scale: their node stays in float. */
  readonly missingScales: readonly string[];
  readonly variant: string;
  readonly droppedMarks: readonly string[];
}

/**
 * One model made ready in one lane. `run` streams pairs sample by sample (all tensors of a sample before the next sample).
 * Rejects with ToolError (undecided), ConfigError or FileError; never yields a made-up tensor.
 */
export interface PreparedLane {
  readonly lane: LaneName;
  readonly units: readonly Unit[];
  /** Final outputs of the model in graph order. */
  readonly outputs: readonly string[];
  /** Tensors in topological order, for "first failing". */
  readonly order: ReadonlyMap<string, number>;
  readonly sampleCount: number;
  /** How a probability output came about, per output (design 5: the score is measured too). */
  readonly scores: ReadonlyMap<string, ScoreSource>;
  readonly coverage: LaneCoverage;
  /** Versions of what ran, by tool: onnxruntime, tensorrt, polygraphy, python, gpu, driver. */
  readonly versions?: Readonly<Record<string, string>>;
  /** Activation scales in use (amax / 127) by tensor, where the lane knows them. */
  readonly scales?: ReadonlyMap<string, number>;
  /** True when repeats are bit-identical and builds carry no noise. */
  readonly deterministic: boolean;
  run(request: RunRequest): AsyncIterable<TensorPair>;
  /** Everything built so far, in order. */
  builds(): readonly BuildFacts[];
  /** Executed precisions of the last candidate build; empty where the lane has no engine. */
  executed(): readonly ExecutedLayer[];
  /** Commands that do the same by hand (`polygraphy`, `trtexec`), ready to paste. */
  reproduce(assignment: Assignment): readonly string[];
  close(): Promise<void>;
  /** What running one engine twice on one sample showed: the same bytes or not. Undefined before the first engine, and in lanes without engines. */
  repeatIdentical?(): boolean | undefined;
  /** TensorRT network layers that a unit's precision is set on (`keep[].layers` of the report). */
  readonly unitLayers?: ReadonlyMap<string, readonly string[]>;
  /** Names of the network's layers before fusion, in order. */
  readonly networkLayers?: readonly string[];
  /** Calibration cache in use, given or written by this lane: what the surrogate and the fix's commands take. */
  readonly cachePath?: string;
}

/** `axis` counts from the front. */
export type ScoreSource =
  | { readonly kind: "softmax" | "logsoftmax"; readonly axis: number; readonly node: string }
  | { readonly kind: "sigmoid"; readonly node: string };

export type Precision = "float32" | "float16";

/** What a lane needs of a model: everything is already resolved, trusted and staged. */
export interface LaneJob {
  readonly name: string;
  /** Staged copy of the model (`model.onnx` in a fresh folder, with its external data). */
  readonly modelPath: string;
  /** The user's own files as the configuration names them, for commands to paste; the staged names without it. */
  readonly sources?: { readonly model: string; readonly cache?: string; readonly qdq?: string; readonly plugins?: readonly string[] };
  readonly sha256: string;
  readonly quantization: QuantizationSource;
  readonly validation: FeedSource;
  readonly workFolder: string;
  readonly keepPrecision: Precision;
  readonly seed: number;
  readonly deadlineMs: number;
  readonly effects: Effects;
  /** Lane-specific options of the configuration (`tensorrt:`), already validated. */
  readonly tensorrt: TensorRtOptions;
  readonly shapes: ReadonlyMap<string, ShapeRange>;
}

/** All three are equal for a fixed shape. */
export interface ShapeRange {
  readonly min: readonly number[];
  readonly opt: readonly number[];
  readonly max: readonly number[];
}

export interface QuantizationSource {
  readonly cachePath?: string;
  readonly data?: FeedSource;
  readonly loaderPath?: string;
  readonly qdqPath?: string;
  readonly algorithm: "entropy" | "minmax" | "percentile";
  readonly percentile: number;
  /** Of a Q/DQ model: per-tensor weights are quantised anew, per output channel (simulate only; advice tries it). */
  readonly weights?: "per-channel";
}

/** Samples that can be read again and again, one at a time. */
export interface FeedSource {
  readonly description: string;
  readonly count: number;
  feed(index: number): Promise<Feed>;
  close(): Promise<void>;
}

export interface TensorRtOptions {
  readonly python: string;
  readonly workspaceMiB?: number;
  readonly optimizationLevel?: number;
  /** Libraries by absolute path, of trusted code only. */
  readonly plugins: readonly string[];
  readonly dlaCore?: number;
  readonly versionCompatible: boolean;
  readonly tf32: boolean;
  readonly markAll: boolean;
  readonly markBatch: number;
  readonly noTacticSources: boolean;
  readonly rebuilds: number;
}
