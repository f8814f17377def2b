/**
 * Turns measurements and findings into the report's entries. Main composes them; nothing is judged here.
 * Numbers become `Num` (JSON cannot hold Infinity and NaN). An optional that is not known is undefined, which JSON leaves out.
 */

import { intervalFor, settling } from "../gate/intervals.ts";
import { worseLevel } from "../gate/levels.ts";
import { limitsFor } from "../gate/limits.ts";
import type { Finding, Limits, Tolerance } from "../gate/verdict.ts";
import type { Entries } from "../measure/entries.ts";
import type { Coverage, Measurement } from "../measure/measurement.ts";
import { findMetric, type Metrics, meets } from "../measure/metrics.ts";
import type { Summary } from "../measure/moments.ts";
import type { Unit } from "../model/unit.ts";
import { type CheckReport, fromNum, type MeasuredTensor, type ModelReport, toNum } from "./schema.ts";
import { worstFirst } from "./worst-first.ts";

export { gainsOf, keptUnit, searchReport } from "./build-search.ts";

type PartReport = NonNullable<MeasuredTensor["parts"]>[number];
type WorstLayer = ModelReport["worst"][number];

/** What is known of a tensor besides its figures. All optional. */
export interface TensorContext {
  /** Findings of this tensor, in any order; none: the tensor was not judged. */
  readonly findings?: readonly Finding[];
  readonly limits?: Limits | undefined;
  readonly order?: number | undefined;
  readonly unit?: Unit | undefined;
  readonly node?: string;
  readonly opType?: string;
  /** Float operation on the candidate's inputs against the candidate's output. */
  readonly injected?: Measurement | undefined;
  readonly executedPrecision?: string | undefined;
  readonly atOutput?: MeasuredTensor["atOutput"] | undefined;
  readonly baseline?: Measurement | undefined;
}

/** Outputs as they were judged, each with its own findings and limits. */
export const measuredOutputs = (
  measurements: readonly Measurement[],
  findings: readonly Finding[],
  tolerance: Tolerance,
): MeasuredTensor[] =>
  measurements.map((one) => {
    const limits = limitsFor(one, tolerance);
    return measuredTensor(one, { findings: findings.filter(({ tensor }) => tensor === one.tensor), ...(limits ? { limits } : {}) });
  });

/** One entry of `outputs` or `layers`. The level is the worst of its findings, `unjudged` without one. */
export function measuredTensor(measurement: Measurement, context: TensorContext = {}): MeasuredTensor {
  const worst = worstFinding(context.findings ?? []);
  const { unit } = context;
  return {
    tensor: measurement.tensor,
    metrics: metricNums(measurement.metrics),
    reference: summaryNums(measurement.reference),
    candidate: summaryNums(measurement.candidate),
    level: worst?.level ?? "unjudged",
    samples: measurement.samples,
    elements: measurement.elements,
    order: context.order ?? unit?.order,
    node: context.node ?? unit?.nodes[0],
    opType: context.opType ?? unit?.opType,
    unit: unit?.id,
    limits: context.limits && limitNums(context.limits),
    decidedBy: worst && decision(worst),
    checks: context.findings?.flatMap((finding) => checkOf(finding, measurement)),
    kind: measurement.kind === "index" ? "index" : undefined,
    parts: measurement.parts?.map((part) => partReport(part, context.findings ?? [])),
    entries: measurement.entries && entriesReport(measurement.entries),
    samplesWithin: samplesReport(context.findings ?? []),
    scoreMetrics: measurement.score && metricNums(measurement.score.metrics),
    scoreKind: measurement.score?.kind,
    clampedShare: measurement.score && toNum(measurement.score.clampedShare),
    spread: measurement.spread && spreadNums(measurement.spread),
    injected: context.injected && metricNums(context.injected.metrics),
    atOutput: context.atOutput,
    executedPrecision: context.executedPrecision,
    baseline: context.baseline && metricNums(context.baseline.metrics),
    perClass: measurement.perClass?.map((entry) => ({ ...entry, metrics: metricNums(entry.metrics) })),
    fault: measurement.fault,
    note: measurement.note,
    waiver: worst?.waiver,
  };
}

/** Layers by the error they add themselves, worst (lowest SQNR in dB) first; those never measured alone come last, by accumulated SQNR. */
export function worstLayers(layers: readonly MeasuredTensor[], count = 10): WorstLayer[] {
  return layers
    .map((layer) => ({
      tensor: layer.tensor,
      node: layer.node ?? layer.tensor,
      opType: layer.opType ?? "",
      injectedSqnrDb: layer.injected?.sqnrDb ?? null,
      accumulatedSqnrDb: layer.metrics.sqnrDb ?? null,
      unit: layer.unit,
      outputSqnrDb: layer.atOutput?.sqnrDb,
      outputShare: layer.atOutput?.share,
    }))
    .filter((layer) => layer.injectedSqnrDb !== null || layer.accumulatedSqnrDb !== null)
    .toSorted((a, b) => worstFirst(a.injectedSqnrDb, b.injectedSqnrDb) || worstFirst(a.accumulatedSqnrDb, b.accumulatedSqnrDb))
    .slice(0, count);
}

/** First layer in topological order that failed, or, where layers are not judged, that lies beyond the outputs' `fail` limits; null when none does. */
export function firstFailing(layers: readonly MeasuredTensor[], outputLimits: Limits): string | null {
  const inOrder = layers.toSorted((a, b) => (a.order ?? Infinity) - (b.order ?? Infinity));
  return inOrder.find((layer) => layer.level === "fail" || (layer.level === "unjudged" && missesAny(layer, outputLimits)))?.tensor ?? null;
}

/** Copies; what nobody counted is left out. */
export const coverageReport = (
  coverage: Coverage,
  {
    bodies,
    floatKinds = [],
    ...rest
  }: {
    readonly units?: number;
    readonly quantizedUnits: number;
    readonly totalUnits: number;
    readonly quantizedOthers?: Readonly<Record<string, number>> | undefined;
    readonly int8Units?: Readonly<{ int8: number; precision?: string | undefined; other: number; unknown: number }> | undefined;
    readonly missingScales: readonly string[];
    readonly heldByNoUnit?: readonly string[];
    readonly bodies?: { readonly total: number; readonly quantized: readonly string[]; readonly float: readonly string[] } | undefined;
    readonly floatKinds?: readonly string[];
    readonly variant: string;
    readonly droppedMarks: readonly string[];
  },
): ModelReport["coverage"] => ({
  ...coverage,
  onlyReference: [...coverage.onlyReference],
  onlyCandidate: [...coverage.onlyCandidate],
  ...rest,
  missingScales: [...rest.missingScales],
  heldByNoUnit: [...(rest.heldByNoUnit ?? [])],
  ...(bodies ? { bodies: { ...bodies, quantized: [...bodies.quantized], float: [...bodies.float] } } : {}),
  ...(floatKinds.length === 0 ? {} : { floatKinds: [...floatKinds] }),
  droppedMarks: [...rest.droppedMarks],
});

const metricNums = (metrics: Metrics): MeasuredTensor["metrics"] =>
  Object.fromEntries(Object.entries(metrics).map(([name, value]) => [name, toNum(value)]));

const summaryNums = ({ min, max, mean, std }: Summary) => ({ min: toNum(min), max: toNum(max), mean: toNum(mean), std: toNum(std) });

const spreadNums = (spread: NonNullable<Measurement["spread"]>): NonNullable<MeasuredTensor["spread"]> => ({
  sqnrDbSd: toNum(spread.sqnrDbSd),
  cosineSd: toNum(spread.cosineSd),
  worstShare: toNum(spread.worstShare),
  worst3Share: toNum(spread.worst3Share),
});

const limitNums = (limits: Limits): NonNullable<MeasuredTensor["limits"]> =>
  Object.fromEntries(
    Object.entries(limits).map(([name, { fail, warn }]) => [
      name,
      { fail: fail === undefined ? undefined : toNum(fail), warn: warn === undefined ? undefined : toNum(warn) },
    ]),
  );

const worstFinding = (findings: readonly Finding[]): Finding | undefined => findings.toSorted((a, b) => worseLevel(a.level, b.level))[0];

function decision({ metric, of, value, limit, margin }: Finding): MeasuredTensor["decidedBy"] {
  if (metric === undefined || value === undefined || limit === undefined || margin === undefined) return undefined;
  return { metric, of, value: toNum(value), limit: toNum(limit), margin: toNum(margin) };
}

/** A finding without a metric is a fault, which the tensor itself carries. */
function checkOf(finding: Finding, measurement: Measurement): CheckReport[] {
  const { metric, of, part, where, value, limit, warnLimit, margin, marginDb, level } = finding;
  if (metric === undefined || limit === undefined) return [];
  const numOf = (one: number | undefined) => (one === undefined ? undefined : toNum(one));
  return [
    {
      metric,
      of,
      part,
      where,
      value: numOf(value),
      limit: toNum(limit),
      warnLimit: numOf(warnLimit),
      margin: numOf(margin),
      marginDb: numOf(marginDb),
      level,
      interval: intervalReport(finding, measurement),
    },
  ];
}

function intervalReport(finding: Finding, measurement: Measurement): CheckReport["interval"] {
  const interval = intervalFor(finding, [measurement]);
  if (interval === undefined) return undefined;
  const open = settling(finding, interval, measurement.samples);
  return { low: toNum(interval.low), high: toNum(interval.high), holdsLimit: open !== undefined, settledBy: open?.samples };
}

function partReport({ part, kind, elements, metrics, score, reference, candidate }: Measurement, findings: readonly Finding[]): PartReport {
  const own = findings.filter((finding) => finding.part === part?.name && finding.where === part?.where);
  return {
    name: part?.name ?? "",
    where: part?.where ?? "",
    kind: kind === "index" ? "index" : undefined,
    elements,
    metrics: metricNums(metrics),
    scoreMetrics: score && metricNums(score.metrics),
    scoreKind: score?.kind,
    clampedShare: score && toNum(score.clampedShare),
    reference: summaryNums(reference),
    candidate: summaryNums(candidate),
    level: worstFinding(own)?.level ?? "unjudged",
  };
}

function entriesReport({ axis, sqnrDb, weight }: Entries): NonNullable<MeasuredTensor["entries"]> {
  const worst = sqnrDb.reduce((least, value, i) => (value < (sqnrDb[least] ?? Number.NaN) ? i : least), 0);
  return { axis, worst, sqnrDb: sqnrDb.map(toNum), weight: weight.map(toNum) };
}

function samplesReport(findings: readonly Finding[]): MeasuredTensor["samplesWithin"] {
  const samples = findings.find(({ of }) => of === "samples")?.samples;
  if (samples === undefined) return undefined;
  const { within, counted, ruined } = samples;
  const worst = samples.worst.map((one) => ({ ...one, value: toNum(one.value) }));
  return { within, counted, worst, ...(ruined.length > 0 ? { ruined: [...ruined] } : {}) };
}

function missesAny(layer: MeasuredTensor, limits: Limits): boolean {
  const values = new Map(Object.entries(layer.metrics));
  return Object.entries(limits).some(([name, { fail }]) => {
    const metric = findMetric(name);
    const value = values.get(name);
    return metric !== undefined && fail !== undefined && value !== undefined && !meets(metric.name, fromNum(value), fail);
  });
}
