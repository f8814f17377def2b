/** What a lane needs of a model: everything is already resolved, trusted and staged. */
import type { Effects } from "../effects/effects.ts";
import type { BuildFacts } from "./engine.ts";
import type { PlacementScheme } from "./placement.ts";
import type { Feed } from "./tensor.ts";

export type Precision = "float32" | "float16";

/** What every lane needs of a model. */
export interface LaneJob {
  readonly name: string;
  /** Staged copy of the model (`model.onnx` in a fresh folder, with its external data). */
  readonly modelPath: string;
  /** The user's own files as the configuration names them, for commands to paste; the staged names without it. */
  readonly sources?: {
    readonly model: string;
    readonly cache?: string | undefined;
    readonly qdq?: string | undefined;
    readonly keep?: string | undefined;
    readonly plugins?: readonly string[];
  };
  readonly quantization: QuantizationSource;
  readonly validation: FeedSource;
  /** Milliseconds of the monotonic clock by which everything must be over. */
  readonly deadlineMs: number;
  readonly effects: Effects;
  readonly shapes: ReadonlyMap<string, ShapeRange>;
  /** Told of every engine and session that was built, in order, marked ones included. */
  readonly onBuild?: ((facts: BuildFacts) => void) | undefined;
}

/** What the lanes that build engines need besides. */
export interface EngineJob extends LaneJob {
  /** A folder of this model and run: samples, networks, tensors and caches lie below it. */
  readonly workFolder: string;
  /** Of kept units. */
  readonly keepPrecision: Precision;
  /** What the candidate is compared with; the FP16 engine where it is left out. */
  readonly reference?: ReferenceSource;
  /** Plans that were built elsewhere, by absolute path: that side is opened and not built. */
  readonly plans?: { readonly reference?: GivenPlan; readonly candidate?: GivenPlan };
  /** `tensorrt:` of the configuration, already validated. */
  readonly tensorrt: TensorRtOptions;
}

/** `shownAs`: as the configuration names the file. */
export interface GivenPlan {
  readonly path: string;
  readonly shownAs: string;
}

export type ReferenceSource = { readonly kind: "fp16" | "fp32" | "onnxruntime" } | ({ readonly kind: "saved" } & GivenPlan);

/** All three are equal for a fixed shape. */
export interface ShapeRange {
  readonly min: readonly number[];
  readonly opt: readonly number[];
  readonly max: readonly number[];
}

export interface QuantizationSource {
  readonly cachePath?: string | undefined;
  readonly data?: FeedSource;
  readonly loaderPath?: string;
  readonly qdqPath?: string | undefined;
  readonly algorithm: "entropy" | "minmax" | "percentile";
  readonly percentile: number;
  /** Where Q/DQ that the gate makes goes; where it is left out, each lane has its own (docs/compatibility.md). */
  readonly placement?: PlacementScheme | undefined;
  /** Of a Q/DQ model: per-tensor weights are quantised anew, per output channel (simulate only; advice tries it). */
  readonly weights?: "per-channel";
}

/** Samples that can be read again and again, one at a time. */
export interface FeedSource {
  readonly description: string;
  readonly count: number;
  /** Whether the sample is random numbers that the gate made; without it none is known to be. */
  isMadeUp?(index: number): boolean;
  feed(index: number): Promise<Feed>;
  close(): Promise<void>;
}

/** Samples that are known to be random numbers. */
export const countMadeUp = ({ count, isMadeUp }: FeedSource): number => {
  let found = 0;
  for (let index = 0; index < count; index++) if (isMadeUp?.(index)) found++;
  return found;
};

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
  /** How the explicit lane's networks are typed; `auto` where absent. */
  readonly typing?: "auto" | "weak" | "strong";
  /** What goes into production: the engine that was judged, or a build of its own. */
  readonly ship: "engine" | "rebuild";
  readonly rebuilds: number;
  /** 0..1: fewer compute layers with scales in INT8 say nothing about INT8. */
  readonly minInt8Share: number;
}
