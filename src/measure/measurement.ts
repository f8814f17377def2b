/**
 * What was measured of one tensor over all samples of one comparison. Only types.
 * Argument order is always (reference, candidate).
 */

import type { WorstValue } from "./by-value.ts";
import type { Entries } from "./entries.ts";
import type { Interval } from "./intervals.ts";
import type { MetricName, Metrics, ValueKind } from "./metrics.ts";
import type { Summary } from "./moments.ts";
import type { ValueHistogram } from "./value-histogram.ts";
import type { Variation } from "./variation.ts";

/** Bootstrap over samples; undefined for a single sample. `share` is the part of the error energy in the worst sample and in the worst three. */
export interface Spread {
  readonly sqnrDbSd: number;
  readonly cosineSd: number;
  readonly worstShare: number;
  readonly worst3Share: number;
}

export interface NonFinite {
  readonly reference: number;
  readonly candidate: number;
}

/** Why a pair counts as not measured. `unequal-samples`: one side has the tensor in more samples than the other. */
export type Fault =
  | "shape-mismatch"
  | "type-mismatch"
  | "data-dependent-size"
  | "empty"
  | "unequal-samples"
  | "nonfinite-candidate"
  | "nonfinite-reference"
  | "nonfinite-both";

export interface SampleFigures {
  /** Index into the validation samples; of a row of a batch, into the rows of all samples. */
  readonly sample: number;
  readonly metrics: Metrics;
  /** The reference is zero throughout: there is nothing to keep to. */
  readonly isSilent: boolean;
}

export interface Measurement {
  readonly tensor: string;
  readonly role: "output" | "layer" | "injected";
  /** What its values are; `quantity` without it. */
  readonly kind?: ValueKind | undefined;
  /** Of a part of an output: the tensor that was joined, and where it lies in the output. */
  readonly part?: { readonly name: string; readonly where: string };
  readonly samples: number;
  readonly elements: number;
  readonly metrics: Metrics;
  /** Centred logits of a probability output (design 5); absent for other tensors. `clampedShare`: part of the values that were clamped, both sides together. */
  readonly score?: {
    readonly metrics: Metrics;
    readonly clampedShare: number;
    readonly kind: string;
    readonly variation?: Variation | undefined;
    readonly interval?: (metric: MetricName) => Interval | undefined;
  };
  readonly reference: Summary;
  readonly candidate: Summary;
  readonly spread?: Spread | undefined;
  /** Of outputs and parts: how sure a figure is (intervals.ts). Made when it is asked for: a thousand resamples each. */
  readonly interval?: (metric: MetricName) => Interval | undefined;
  readonly nonFinite: NonFinite;
  /** Set when the pair could not be measured at all: nothing in `metrics` then counts. */
  readonly fault?: Fault | undefined;
  readonly note?: string | undefined;
  /** SQNR of each sample in order of the samples, for the bootstrap of another subset and for the report. */
  readonly perSampleSqnrDb: readonly number[];
  /** Of outputs and parts: the figures of each sample, in order; of an output of batches, of each row. */
  readonly perSample?: readonly SampleFigures[];
  /** The same of whole samples, where `perSample` has the rows: an axis that looks like a batch may be words or boxes of one sample. */
  readonly perFeed?: readonly SampleFigures[];
  /** What the output is joined from, each by itself; absent where the graph shows nothing of the kind. */
  readonly parts?: readonly Measurement[] | undefined;
  /** Of outputs and parts: what varies from sample to sample; absent where that is not known. */
  readonly variation?: Variation | undefined;
  /** Figures by entry along an axis, of outputs without parts. */
  readonly entries?: Entries | undefined;
  /** The same along the first axis and along those that are too long for a list. */
  readonly countedEntries?: readonly Entries[];
  /** Of layers: how the values lie on both sides. */
  readonly values?: ValueHistogram | undefined;
  /** Of outputs of names: the value on which the sides agree least. */
  readonly worstValue?: WorstValue | undefined;
  /** Per class figures where labels are given (`validation.labels`). */
  readonly perClass?: readonly { readonly label: string; readonly samples: number; readonly metrics: Metrics }[] | undefined;
}

export interface Coverage {
  readonly referenceTensors: number;
  readonly candidateTensors: number;
  readonly compared: number;
  readonly onlyReference: readonly string[];
  readonly onlyCandidate: readonly string[];
}
