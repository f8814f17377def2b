/** What a lane needs of a model: everything is already resolved, trusted and staged. Only types. */
import type { Effects } from "../effects/effects.ts";
import type { Feed } from "./tensor.ts";

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
