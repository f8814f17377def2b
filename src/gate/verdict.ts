/** The words of judging: verdicts, reasons, limits. Only types and the reason table's keys. */
import type { MetricName } from "../measure/metrics.ts";
import type { Level } from "./levels.ts";

export type VerdictKind = "pass" | "regression" | "undecided";

/** Every verdict carries one. The table with their sentences is gate/reasons.ts (read by docs and a test). */
export interface Verdict {
  readonly kind: VerdictKind;
  readonly reason: string;
  /** One sentence with the value in it, then one with the next step. */
  readonly message: string;
}

/** `fail` and `warn` in the metric's own direction (higher is better for sqnrDb, cosine, agreements; lower for the rest). */
export interface Limit {
  readonly fail?: number;
  readonly warn?: number;
}
export type Limits = Readonly<Partial<Record<MetricName, Limit>>>;

export interface Tolerance {
  /** For outputs whose values are quantities. Default: sqnrDb 20, cosine 0.997. */
  readonly limits: Limits;
  /** For outputs of indices, class numbers and truth values. Default: agreement 0.99. */
  readonly indices: Limits;
  /** For the share of samples that meet their output's fail limits by themselves. Default: warn 0.9, fail 0.5. */
  readonly samplesWithin: Limit;
  /** Whether parts of an output are judged by the output's limits, only warn, or are only shown. */
  readonly parts: "judge" | "warn" | "off";
  /** For the scores of probability outputs; empty: not judged, only reported. */
  readonly score: Limits;
  /** By tensor name pattern; the first matching pattern replaces `limits` for that tensor. Layers are judged only where one matches. */
  readonly tensors: readonly { readonly pattern: string; readonly limits: Limits }[];
  /** Largest allowed loss against the base commit's result. */
  readonly baseline: Readonly<Partial<Record<MetricName, { readonly drop: number }>>>;
  /** Compared share of the reference's outputs that must be reached, 0..1. */
  readonly minCoverage: number;
  /** topk's k. */
  readonly topK: number;
  readonly atol: number;
  readonly rtol: number;
  /** Least distance to a limit in dB that counts where several builds are judged. */
  readonly guardDb: number;
}

export interface Waiver {
  readonly tensor: string;
  readonly reason: string;
  readonly until: string;
  readonly owner?: string;
  readonly place: string;
}

/** Samples that meet their output's fail limits by themselves, of those that count, and the worst of the others by index. */
export interface SampleCount {
  readonly within: number;
  readonly counted: number;
  readonly worst: readonly { readonly sample: number; readonly metric: MetricName; readonly value: number }[];
  /** Those that miss a limit by more than 10 dB of error, worst first. */
  readonly ruined: readonly number[];
}

/** One figure of a tensor against one limit, or what kept it from being judged (then without a metric). */
export interface Finding {
  readonly tensor: string;
  readonly level: Level;
  readonly metric?: MetricName;
  /** What the figure is of: the output (or its part) itself, the score behind it, its loss against the base, its samples one by one, or one entry. */
  readonly of: "tensor" | "score" | "baseline" | "samples" | "entry";
  /** A part of the tensor, or an entry along an axis, and where it lies; absent for the whole. */
  readonly part?: string;
  readonly where?: string;
  readonly value?: number;
  /** The fail limit; the warn limit where there is no other. */
  readonly limit?: number;
  readonly warnLimit?: number;
  /** Distance of `value` to `limit` in the metric's own unit, negative beyond it. */
  readonly margin?: number;
  /** The same in dB of error, which is one unit for all metrics (measure/metrics.ts). */
  readonly marginDb?: number;
  readonly waiver?: string;
  /** Of `samples`. */
  readonly samples?: SampleCount;
  readonly message: string;
}
