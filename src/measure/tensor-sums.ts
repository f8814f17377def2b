/**
 * Everything that is kept of one tensor while its samples go by, and the measurement it becomes.
 * Also the way in for whoever accumulates by itself (saved files read in worker threads): fill `TensorSums`, call `toMeasurement`.
 */
import type { OutputForm, OutputPart } from "../model/output-form.ts";
import { spreadOf } from "./bootstrap.ts";
import { type ValueCounts, worstValue } from "./by-value.ts";
import { countedEntries, type EntrySums, worstEntries } from "./entries.ts";
import { type Interval, intervalOf } from "./intervals.ts";
import type { Fault, Measurement, SampleFigures } from "./measurement.ts";
import { type MetricName, metrics, metricsOf, type ValueKind } from "./metrics.ts";
import { summarize } from "./moments.ts";
import type { PartPlaces } from "./parts.ts";
import { type PerClassOptions, perClass } from "./per-class.ts";
import { poolSums, type Sums } from "./sums.ts";
import type { ValueHistogram } from "./value-histogram.ts";
import { type VariationSides, variationOf } from "./variation.ts";

export interface SampleSums {
  readonly sample: number;
  readonly sums: Sums;
  /** What counts as a sample by itself where the batch is known: its rows, numbered among those of all samples. The sample without it. */
  readonly rows?: readonly SampleSums[];
}

/** Of probability outputs only. `clamped` counts values of both sides. */
export interface ScoreSums {
  readonly kind: string;
  readonly samples: Sums[];
  clamped: number;
  variation?: VariationSides;
}

export interface PartSums {
  readonly part: OutputPart;
  readonly kind: ValueKind;
  readonly samples: SampleSums[];
  readonly score?: ScoreSums | undefined;
  variation?: VariationSides;
}

export interface TensorSums {
  readonly tensor: string;
  readonly role: Measurement["role"];
  /** Of outputs: what their values are; `quantity` without it. */
  readonly kind?: ValueKind | undefined;
  /** Of outputs: what the graph tells. */
  readonly form?: OutputForm | undefined;
  /** In order of arrival. */
  readonly samples: SampleSums[];
  readonly score?: ScoreSums | undefined;
  /** Where the parts lie, by shape of the output. */
  places?: Map<string, readonly PartPlaces[]>;
  parts?: PartSums[];
  /** Of outputs without parts. */
  entries?: readonly EntrySums[] | undefined;
  /** Of outputs of quantities. */
  variation?: VariationSides;
  /** Of layers. */
  values?: ValueHistogram;
  /** Of outputs of names. */
  byValue?: ValueCounts | undefined;
  /** Shapes that differ, or samples that one side lacks: nothing else is then said about the tensor. */
  fault?: { readonly kind: Fault; readonly note: string } | undefined;
  /** Remark that does not hinder measuring, e.g. different element types. */
  note?: string | undefined;
}

export interface MeasurementOptions extends PerClassOptions {
  readonly seed: number;
  /** Bootstrap rounds for outputs; layers get none. */
  readonly resamples?: number;
}

/** Pools all samples. A fault leaves `metrics` as they came out (NaN by the rules of metrics.ts), never a usable number. */
export function toMeasurement(tensor: TensorSums, options: MeasurementOptions): Measurement {
  const isOutput = tensor.role === "output";
  const measured = figuresOf(tensor, tensor.kind ?? "quantity", tensor.fault?.kind, isOutput ? options : undefined);
  const { fault } = measured;
  const note = tensor.fault?.note ?? tensor.note;
  const classes = options.labels && isOutput && fault === undefined ? perClass(tensor.samples, options) : undefined;
  const entries = tensor.entries && fault === undefined ? worstEntries(tensor.entries) : undefined;
  const worst = tensor.byValue && fault === undefined ? worstValue(tensor.byValue) : undefined;
  const parts = fault === undefined ? tensor.parts?.map((part) => partOf(tensor, part, options)) : undefined;
  return {
    tensor: tensor.tensor,
    role: tensor.role,
    ...measured,
    kind: tensor.kind,
    note,
    perClass: classes,
    parts,
    entries,
    ...(tensor.entries && fault === undefined ? { countedEntries: countedEntries(tensor.entries) } : {}),
    values: tensor.values,
    worstValue: worst,
  };
}

function partOf({ tensor, role }: TensorSums, part: PartSums, options: MeasurementOptions): Measurement {
  const { name, where } = part.part;
  return { tensor, role, part: { name, where }, kind: part.kind, ...figuresOf(part, part.kind, undefined, options) };
}

type Figures = Omit<Measurement, "tensor" | "role">;

/** `options`: of outputs and their parts, whose figures are looked at by sample too. */
function figuresOf(
  { samples, score, variation }: Pick<TensorSums, "samples" | "score" | "variation">,
  kind: ValueKind,
  known: Fault | undefined,
  options: MeasurementOptions | undefined,
): Figures {
  const perSample = samples.map(({ sums }) => sums);
  const pooled = poolSums(perSample);
  const fault = known ?? faultOf(pooled);
  const varied = variation && fault === undefined ? variationOf(variation) : undefined;
  const spread = options && fault === undefined ? spreadOf(perSample, options.seed, options.resamples) : undefined;
  return {
    samples: perSample.length,
    elements: pooled.elements,
    metrics: known ? {} : metricsOf(pooled, kind),
    reference: summarize(pooled.reference),
    candidate: summarize(pooled.candidate),
    nonFinite: { reference: pooled.nonFiniteReference, candidate: pooled.nonFiniteCandidate },
    perSampleSqnrDb: perSample.map(metrics.sqnrDb.value),
    ...(options && fault === undefined
      ? { perSample: samples.flatMap((one) => one.rows ?? [one]).map((one) => sampleFigures(one, kind)) }
      : {}),
    ...(options && fault === undefined && samples.some(({ rows = [] }) => rows.length > 1)
      ? { perFeed: samples.map((one) => sampleFigures(one, kind)) }
      : {}),
    ...(score && !known ? { score: scoreOf(score, options?.seed) } : {}),
    variation: varied,
    spread,
    ...(options && fault === undefined && perSample.length > 1 ? { interval: lazyInterval(perSample, options.seed) } : {}),
    fault,
  };
}

const sampleFigures = ({ sample, sums }: SampleSums, kind: ValueKind): SampleFigures => ({
  sample,
  metrics: metricsOf(sums, kind),
  isSilent: sums.elements === 0 || (kind === "quantity" && sums.referenceEnergy === 0),
});

function faultOf(pooled: Sums): Fault | undefined {
  if (pooled.elements === 0) return "empty";
  if (pooled.nonFiniteReference > 0) return pooled.nonFiniteCandidate > 0 ? "nonfinite-both" : "nonfinite-reference";
  return pooled.nonFiniteCandidate > 0 ? "nonfinite-candidate" : undefined;
}

/** Each metric's interval once. */
function lazyInterval(perSample: readonly Sums[], seed: number): (metric: MetricName) => Interval | undefined {
  const known = new Map<MetricName, Interval | undefined>();
  return (metric) => {
    if (!known.has(metric)) known.set(metric, intervalOf(perSample, metric, seed));
    return known.get(metric);
  };
}

function scoreOf(score: ScoreSums, seed = 0): NonNullable<Measurement["score"]> {
  const pooled = poolSums(score.samples);
  const variation = score.variation && variationOf(score.variation);
  return {
    interval: lazyInterval(score.samples, seed),
    metrics: metricsOf(pooled),
    clampedShare: pooled.elements > 0 ? score.clamped / (2 * pooled.elements) : 0,
    kind: score.kind,
    ...(variation ? { variation } : {}),
  };
}
