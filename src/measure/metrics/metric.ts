/** What a metric is. One file each beside this one; registry.ts lists them. Only types and what several of them share. */
import type { MetricName } from "../measurement.ts";
import type { Sums } from "../sums.ts";

export interface Metric {
  readonly name: MetricName;
  /** Which way is better. */
  readonly direction: "higher" | "lower";
  readonly unit: "dB" | "" | "share";
  /** `rows` and `pixels` metrics are undefined for tensors without class vectors or channels. */
  readonly needs: "elements" | "rows" | "pixels";
  /** NaN where nothing was compared or a value was not finite (metrics/max-abs.ts says its one exception). */
  readonly value: (sums: Sums) => number;
}

/** At least one pair, and none with NaN or Inf. */
export const isMeasurable = (sums: Sums): boolean => sums.elements > 0 && sums.nonFiniteReference === 0 && sums.nonFiniteCandidate === 0;
export const isIdentical = (sums: Sums): boolean => sums.exact === sums.elements;
