/** Figures of each class where labels are given: a loss in one rare class hides in a pooled figure. */
import type { Measurement } from "./measurement.ts";
import { metricsOf } from "./metrics.ts";
import { poolSums, type Sums } from "./sums.ts";

export interface PerClassOptions {
  /** Label of each sample, by sample index. Samples without one are left out. */
  readonly labels?: readonly (string | number)[] | undefined;
}

/** One entry a label, in order of first appearance; each pools the samples of that label. */
export function perClass(
  samples: readonly { readonly sample: number; readonly sums: Sums }[],
  { labels = [] }: PerClassOptions,
): NonNullable<Measurement["perClass"]> {
  const byLabel = new Map<string, Sums[]>();
  for (const { sample, sums } of samples) {
    const label = labels[sample];
    if (label === undefined) continue;
    byLabel.set(String(label), [...(byLabel.get(String(label)) ?? []), sums]);
  }
  return [...byLabel].map(([label, sums]) => ({ label, samples: sums.length, metrics: metricsOf(poolSums(sums)) }));
}
