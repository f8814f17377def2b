/** The one typed value that every later stage reads. config/schema.ts (zod) is the source of these shapes, names, defaults and texts. */

import type { Limits, Tolerance, Waiver } from "../gate/verdict.ts";
import type { Precision, ShapeRange, TensorRtOptions } from "../model/job.ts";
import type { LaneName } from "../model/lane.ts";
import type { PlacementScheme } from "../model/placement.ts";
import type { GivenEntry } from "./models.ts";

export interface Settings {
  readonly options: Options;
  readonly models: readonly ModelEntry[];
  readonly search: SearchSettings;
  /** Repository-relative path of the configuration that was read, and the commit it was read from; undefined without one. */
  readonly configPath: string | undefined;
  readonly configCommit: string | undefined;
  readonly notices: readonly string[];
}

/** Action inputs and flags of the same names in camelCase. */
export interface Options {
  readonly config: string;
  readonly models: readonly string[];
  readonly lane: LaneName | "auto";
  readonly changedOnly: boolean;
  readonly baseRef: string | undefined;
  readonly search: "on-regression" | "always" | "off";
  readonly comment: "on-change" | "always" | "on-problem" | "off";
  /** Proved fixes become suggestions on the configuration's line. */
  readonly suggestFix: boolean;
  readonly failOn: ReadonlySet<"regression" | "undecided">;
  readonly allowForks: boolean;
  readonly python: string;
  readonly timeoutMinutes: number;
  readonly artifactName: string;
  /** Plans and timing cache lie in the report folder, and so in the artifact. */
  readonly artifactEngines: boolean;
  readonly retentionDays: number | undefined;
  readonly reportDir: string;
  readonly githubToken: string;
  readonly jobKey: string;
  readonly seed: number;
  /** Folder for both sides' final outputs as Polygraphy RunResults; undefined: not saved. */
  readonly saveOutputs: string | undefined;
}

/** One entry of `models:` after its glob was resolved: one file each. Paths are relative to the workspace. */
export interface ModelEntry {
  readonly name: string;
  readonly path: string;
  readonly watch: readonly string[];
  readonly shapes: ReadonlyMap<string, ShapeRange>;
  readonly quantization: QuantizationEntry | undefined;
  readonly validation: FeedEntry | undefined;
  readonly labels: string | undefined;
  /** Validation samples may be calibration samples. */
  readonly isOverlapAllowed: boolean;
  /** What the candidate is compared with in the TensorRT lanes; `outputs`: a file of saved ones. */
  readonly reference: "fp16" | "fp32" | "onnxruntime" | { readonly outputs: string };
  /** Plans built by an earlier step. */
  readonly engine: { readonly reference: string | undefined; readonly candidate: string | undefined };
  /** File of units kept in higher precision, or their names or first nodes. */
  readonly keep: string | readonly string[] | undefined;
  readonly tolerance: Tolerance;
  readonly task: { readonly command: readonly string[]; readonly metric: string; readonly maxDrop: number } | undefined;
  /** What the outputs are, where the configuration says it. */
  readonly taskKind: "classification" | "segmentation" | "detection" | undefined;
  readonly latency: { readonly maxSlowdownVsReference: number | undefined };
  readonly waivers: readonly Waiver[];
  /** Always measured, for its limits or because it was asked for. */
  readonly baseline: boolean;
  /** The base's model may be run to say what it gave before; what changed is said anyway. */
  readonly explainsByBaseline: boolean;
  /** A report that may hold the base's figures. */
  readonly baseReport?: string;
  readonly tensorrt: Omit<TensorRtOptions, "python"> & { readonly builderCheck: "auto" | "off" };
  /** Where its user describes it, so that a message says what to write there. */
  readonly describedIn: "configuration" | "flags";
  /** What the base commit's entry says where this change says something else; the baseline is made with it. */
  readonly base?: Pick<ModelEntry, "keep" | "quantization">;
  /** What was written of it, in the configuration or as flags, with its own name and path: without defaults. */
  readonly given: GivenEntry;
  /** `file:line` of the entry in the configuration. */
  readonly place: { readonly file: string; readonly line: number };
  /** Line of each key of the entry that is written there: "path", "quantization", "quantization.qdq", "shapes.x". */
  readonly lines: ReadonlyMap<string, number>;
  /** Keys as in `lines` that a flag says, with that flag: it replaces what is written. */
  readonly flags?: ReadonlyMap<string, string>;
}

export interface QuantizationEntry {
  readonly cache: string | undefined;
  readonly data: string | undefined;
  readonly loader: string | undefined;
  readonly qdq: string | undefined;
  readonly algorithm: "entropy" | "minmax" | "percentile";
  readonly percentile: number;
  readonly placement?: PlacementScheme | undefined;
  readonly minSamples: number;
}

export interface FeedEntry {
  readonly data: string | undefined;
  readonly loader: string | undefined;
  readonly inputs: string | undefined;
  /** Without `low` and `high` each input gets values that make sense for it. */
  readonly random:
    | { readonly seed: number; readonly samples: number; readonly low?: number | undefined; readonly high?: number | undefined }
    | undefined;
  readonly maxSamples: number;
}

export interface SearchSettings {
  readonly method: "ranked" | "bisect" | "linear";
  readonly direction: "forward" | "reverse";
  readonly budgetMinutes: number;
  readonly maxBuilds: number;
  readonly precision: Precision;
  readonly group: "unit" | "block";
}

export type { Limits };
