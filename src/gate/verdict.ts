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
  /** For outputs. Default: sqnrDb 20, cosine 0.997. */
  readonly limits: Limits;
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
  /** Guard band in dB where there is build noise and only one sample, and least band otherwise. */
  readonly guardDb: number;
}

export interface Waiver {
  readonly tensor: string;
  readonly reason: string;
  readonly until: string;
  readonly owner?: string;
  readonly place: string;
}

/** One figure of a tensor against one limit, or what kept it from being judged (then without a metric). */
export interface Finding {
  readonly tensor: string;
  readonly level: Level;
  readonly metric?: MetricName;
  readonly of: "tensor" | "score" | "baseline";
  readonly value?: number;
  /** The fail limit; the warn limit where there is no other. */
  readonly limit?: number;
  readonly warnLimit?: number;
  /** Distance of `value` to `limit` in the metric's own unit, negative beyond it. */
  readonly margin?: number;
  /** The same in dB of error, which is one unit for all metrics (measure/metrics.ts). */
  readonly marginDb?: number;
  readonly waiver?: string;
  readonly message: string;
}
