/**
 * The one table of metrics: what each is called, in which direction it is better, how far a value is from a limit, and how it is computed.
 * Configuration, gate, report and documentation read it. Adding a metric is a row here.
 */
import type { Sums } from "./sums.ts";

/**
 * What kind of number a metric is; kinds decide unit, direction and distance.
 * `db`: a ratio of energies in dB. `cosine`: -1 to 1. `share`: 0 to 1, shown in percent. `error`: an amplitude in the tensor's own unit, or relative.
 */
export type MetricKind = "db" | "cosine" | "share" | "error";

interface Kind {
  readonly direction: "higher" | "lower";
  readonly unit: "dB" | "%" | "";
  /** dB by which the error could grow until `value` is at `limit`; see `distanceDb`. */
  readonly distanceDb: (value: number, limit: number) => number;
}

const kinds: Readonly<Record<MetricKind, Kind>> = {
  db: { direction: "higher", unit: "dB", distanceDb: (value, limit) => value - limit },
  // 1 - cosine is an energy, a share that disagrees is taken as an amplitude.
  cosine: { direction: "higher", unit: "", distanceDb: (value, limit) => 10 * Math.log10((1 - limit) / (1 - value)) },
  share: { direction: "higher", unit: "%", distanceDb: (value, limit) => 20 * Math.log10((1 - limit) / (1 - value)) },
  error: { direction: "lower", unit: "", distanceDb: (value, limit) => 20 * Math.log10(limit / value) },
};

interface Row {
  /** In YAML and flags. */
  readonly word: string;
  /** In tables for people. */
  readonly label: string;
  readonly kind: MetricKind;
  /** For the configuration's schema and the documentation. */
  readonly help: string;
  /**
   * `rows` and `pixels`: undefined for tensors without class vectors or channels. `indices`: only of values that name something and have no distance
   * (class numbers, positions, truth values). `limits`: made by the gate, not from sums.
   */
  readonly needs: "elements" | "rows" | "pixels" | "indices" | "limits";
  /** Of sums that are measurable: at least one pair, no NaN, no infinity. */
  readonly value: (sums: Sums) => number;
  /** Of sums that are not; NaN without it. */
  readonly unmeasurable?: (sums: Sums) => number;
}

const table = {
  /** Identical (both all zero included): Infinity. Reference all zero, candidate not: -Infinity. Squares that underflow to 0 or overflow: NaN. */
  sqnrDb: {
    word: "sqnr-db",
    label: "SQNR",
    kind: "db",
    help: "Signal to quantization noise ratio in dB",
    needs: "elements",
    value: (sums) => {
      if (isIdentical(sums)) return Number.POSITIVE_INFINITY;
      const isLost = sums.errorEnergy === 0 || sums.referenceEnergy === Number.POSITIVE_INFINITY;
      return isLost ? Number.NaN : 10 * Math.log10(sums.referenceEnergy / sums.errorEnergy);
    },
  },
  /** Identical (both all zero included): 1. One side all zero: 0. */
  cosine: {
    word: "cosine",
    label: "cosine",
    kind: "cosine",
    help: "Cosine similarity",
    needs: "elements",
    value: (sums) => {
      if (isIdentical(sums)) return 1;
      if (sums.referenceEnergy === 0 || sums.candidateEnergy === 0) return 0;
      const value = sums.dot / (Math.sqrt(sums.referenceEnergy) * Math.sqrt(sums.candidateEnergy));
      return Math.min(1, Math.max(-1, value));
    },
  },
  /** A NaN or Inf in the candidate only: Infinity, since the reference has a value there. In the reference: NaN. */
  maxAbs: {
    word: "max-abs",
    label: "max abs error",
    kind: "error",
    help: "Largest absolute error",
    needs: "elements",
    value: (sums) => sums.absMax,
    unmeasurable: (sums) => (sums.nonFiniteCandidate > 0 && sums.nonFiniteReference === 0 ? Number.POSITIVE_INFINITY : Number.NaN),
  },
  meanAbs: {
    word: "mean-abs",
    label: "mean abs error",
    kind: "error",
    help: "Mean absolute error",
    needs: "elements",
    value: (sums) => sums.absSum / sums.elements,
  },
  /** accumulate.ts says what a zero reference divides by. 15 to 1e6 on good models: no default limit. */
  maxRel: {
    word: "max-rel",
    label: "max rel error",
    kind: "error",
    help: "Largest relative error; explodes near zero",
    needs: "elements",
    value: (sums) => sums.relMax,
  },
  meanRel: {
    word: "mean-rel",
    label: "mean rel error",
    kind: "error",
    help: "Mean relative error",
    needs: "elements",
    value: (sums) => sums.relSum / sums.elements,
  },
  top1Agreement: {
    word: "top1-agreement",
    label: "top-1 agreement",
    kind: "share",
    help: "Share of class vectors (last axis) with the same best class",
    needs: "rows",
    value: (sums) => (sums.rows > 0 ? sums.top1 / sums.rows : Number.NaN),
  },
  topkAgreement: {
    word: "topk-agreement",
    label: "top-k agreement",
    kind: "share",
    help: "Share of class vectors whose best class is among the candidate's k best",
    needs: "rows",
    value: (sums) => (sums.rows > 0 ? sums.topk / sums.rows : Number.NaN),
  },
  argmaxAgreement: {
    word: "argmax-agreement",
    label: "arg-max agreement",
    kind: "share",
    help: "Share of pixels (NCHW) with the same best channel",
    needs: "pixels",
    value: (sums) => (sums.pixels > 0 ? sums.argmax / sums.pixels : Number.NaN),
  },
  exactMatch: {
    word: "exact-match",
    label: "exact match",
    kind: "share",
    help: "Share of equal values",
    needs: "elements",
    value: (sums) => sums.exact / sums.elements,
  },
  /** Polygraphy's rule passes where this is 1. */
  allclose: {
    word: "allclose",
    label: "within atol/rtol",
    kind: "share",
    help: "Share of values with |r-c| <= atol + rtol*|r|",
    needs: "elements",
    value: (sums) => sums.close / sums.elements,
  },
  agreement: {
    word: "agreement",
    label: "agreement",
    kind: "share",
    help: "Share of equal entries of an output of indices, class numbers or truth values",
    needs: "indices",
    value: (sums) => sums.exact / sums.elements,
  },
  samplesWithin: {
    word: "samples-within",
    label: "samples within",
    kind: "share",
    help: "Share of samples that meet the fail limits of their output by themselves",
    needs: "limits",
    value: () => Number.NaN,
  },
} as const satisfies Record<string, Row>;

export type MetricName = keyof typeof table;
export type MetricWord = (typeof table)[MetricName]["word"];
export type Metrics = Readonly<Partial<Record<MetricName, number>>>;

export interface Metric extends Row, Kind {
  readonly name: MetricName;
  readonly word: MetricWord;
  /** NaN where nothing was compared or a value was not finite (`maxAbs` says its one exception). */
  readonly value: (sums: Sums) => number;
}

/** At least one pair, and none with NaN or Inf. */
const isMeasurable = (sums: Sums): boolean => sums.elements > 0 && sums.nonFiniteReference === 0 && sums.nonFiniteCandidate === 0;
const isIdentical = (sums: Sums): boolean => sums.exact === sums.elements;

const metricOf = (name: MetricName): Metric => {
  const row: Row & { readonly word: MetricWord } = table[name];
  return {
    ...row,
    ...kinds[row.kind],
    name,
    value: (sums) => (isMeasurable(sums) ? row.value(sums) : (row.unmeasurable?.(sums) ?? Number.NaN)),
  };
};

// Keys of an object literal: TypeScript types them as any string.
export const metricNames = Object.keys(table) as readonly MetricName[];

/** A value for each metric, in the table's order. */
export const perMetric = <T>(make: (name: MetricName) => T): Record<MetricName, T> =>
  Object.fromEntries(metricNames.map((name) => [name, make(name)])) as Record<MetricName, T>;

export const metrics: Readonly<Record<MetricName, Metric>> = perMetric(metricOf);
export const metricList: readonly Metric[] = Object.values(metrics);

/** A name from outside, such as a later version's report: undefined where this table has no such row. */
export const findMetric = (name: string): Metric | undefined => metricList.find((metric) => metric.name === name);

/** What the values of a tensor are: numbers that have a distance, or names of something (classes, positions, truth values) that are equal or not. */
export type ValueKind = "quantity" | "index";

/** All metrics that the sums allow. Agreement of classes is left out where no row or pixel was seen, that of indices where the values are none. */
export function metricsOf(sums: Sums, kind: ValueKind = "quantity"): Metrics {
  const allowed = metricList.filter(({ needs }) => (needs === "indices" ? kind === "index" : isAllowed(needs, sums)));
  return Object.fromEntries(allowed.map(({ name, value }) => [name, value(sums)]));
}

/** Equality is all that indices have. */
export const suitsIndices = ({ name, needs }: Metric): boolean => needs === "indices" || name === "exactMatch";

/** Metrics of quantities: those that a general limit on outputs is about. */
export const suitsQuantities = ({ needs }: Metric): boolean => needs !== "indices" && needs !== "limits";

const isAllowed = (needs: Metric["needs"], sums: Sums): boolean =>
  needs === "elements" || ((needs === "rows" || needs === "pixels") && sums[needs] > 0);

/** True where `value` is at the limit or better in the metric's own direction. Written positively, so that NaN never meets a limit. */
export function meets(name: MetricName, value: number, limit: number): boolean {
  return metrics[name].direction === "higher" ? value >= limit : value <= limit;
}

/** Distance to the limit in the metric's unit, positive on the good side; 0 where both are the same infinity, NaN where either is NaN. */
export function marginOf(name: MetricName, value: number, limit: number): number {
  if (value === limit) return 0;
  return metrics[name].direction === "higher" ? value - limit : limit - value;
}

/**
 * The margin in one unit for all metrics, so that margins can be compared: how many dB the error could grow (positive) or must shrink
 * (negative) until `value` is at `limit`. Infinite where there is no error; NaN where the value is NaN.
 */
export const distanceDb = (name: MetricName, value: number, limit: number): number =>
  value === limit ? 0 : metrics[name].distanceDb(value, limit);
