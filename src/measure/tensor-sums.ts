/**
 * Everything that is kept of one tensor while its samples go by, and the measurement it becomes.
 * Also the way in for whoever accumulates by itself (saved files read in worker threads): fill `TensorSums`, call `toMeasurement`.
 */
import { spreadOf } from "./bootstrap.ts";
import type { Fault, Measurement } from "./measurement.ts";
import { metrics, metricsOf } from "./metrics.ts";
import { summarize } from "./moments.ts";
import { type PerClassOptions, perClass } from "./per-class.ts";
import { poolSums, type Sums } from "./sums.ts";

export interface SampleSums {
  readonly sample: number;
  readonly sums: Sums;
}

export interface TensorSums {
  readonly tensor: string;
  readonly role: Measurement["role"];
  /** In order of arrival. */
  readonly samples: SampleSums[];
  /** Of probability outputs only. `clamped` counts values of both sides. */
  readonly score?: { readonly kind: string; readonly samples: Sums[]; clamped: number };
  /** Shapes that differ, or samples that one side lacks: nothing else is then said about the tensor. */
  fault?: { readonly kind: Fault; readonly note: string };
  /** Remark that does not hinder measuring, e.g. different element types. */
  note?: string;
}

export interface MeasurementOptions extends PerClassOptions {
  readonly seed: number;
  /** Bootstrap rounds for outputs; layers get none. */
  readonly resamples?: number;
}

/** Pools all samples. A fault leaves `metrics` as they came out (NaN by the rules of metrics/), never a usable number. */
export function toMeasurement(tensor: TensorSums, options: MeasurementOptions): Measurement {
  const perSample = tensor.samples.map(({ sums }) => sums);
  const pooled = poolSums(perSample);
  const fault = tensor.fault?.kind ?? faultOf(pooled);
  const spread = tensor.role === "output" && fault === undefined ? spreadOf(perSample, options.seed, options.resamples) : undefined;
  const note = tensor.fault?.note ?? tensor.note;
  const classes = options.labels && tensor.role === "output" && fault === undefined ? perClass(tensor.samples, options) : undefined;
  return {
    tensor: tensor.tensor,
    role: tensor.role,
    samples: perSample.length,
    elements: pooled.elements,
    metrics: tensor.fault ? {} : metricsOf(pooled),
    reference: summarize(pooled.reference),
    candidate: summarize(pooled.candidate),
    nonFinite: { reference: pooled.nonFiniteReference, candidate: pooled.nonFiniteCandidate },
    perSampleSqnrDb: perSample.map(metrics.sqnrDb.value),
    ...(tensor.score && !tensor.fault ? { score: scoreOf(tensor.score) } : {}),
    ...(spread ? { spread } : {}),
    ...(fault ? { fault } : {}),
    ...(note === undefined ? {} : { note }),
    ...(classes ? { perClass: classes } : {}),
  };
}

function faultOf(pooled: Sums): Fault | undefined {
  if (pooled.elements === 0) return "empty";
  if (pooled.nonFiniteReference > 0) return pooled.nonFiniteCandidate > 0 ? "nonfinite-both" : "nonfinite-reference";
  return pooled.nonFiniteCandidate > 0 ? "nonfinite-candidate" : undefined;
}

function scoreOf(score: NonNullable<TensorSums["score"]>): NonNullable<Measurement["score"]> {
  const pooled = poolSums(score.samples);
  return { metrics: metricsOf(pooled), clampedShare: pooled.elements > 0 ? score.clamped / (2 * pooled.elements) : 0, kind: score.kind };
}
