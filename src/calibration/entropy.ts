/**
 * Entropy calibration: the range whose 128-level quantisation loses least information, by Kullback-Leibler divergence.
 * After "8-bit Inference with TensorRT" (S. Migacz, GTC 2017): 2048 bins of |x|, candidates from 128 bins on, amax = (i + 0.5)·binWidth.
 * What that talk leaves open follows TensorRT 8.6.1's own recorded cache (docs/design/020-entropy.md): exact zeros do not count,
 * and Q is normalised by all values, so that what a candidate clips counts against it.
 */
import { binWidth, type Histogram } from "./histogram.ts";

export const entropyBins = 2048;
const levels = 128;
/** Probability that Q gets in a bin which only P has (an empty edge bin that received the outliers), so that KL stays finite. */
const smoothing = 1e-30;

/** amax of the best candidate, up to half a bin above the largest value; 0 for an empty histogram. Of equal divergences the smallest range wins. */
export function entropyAmax(histogram: Histogram): number {
  const sums = prefixSums(histogram.counts);
  if (sums.total === 0) return 0;
  let best = histogram.counts.length;
  let least = Number.POSITIVE_INFINITY;
  for (let bins = levels; bins <= histogram.counts.length; bins++) {
    const divergence = divergenceOf(histogram.counts, sums, bins);
    if (divergence < least) {
      least = divergence;
      best = bins;
    }
  }
  return (best + 0.5) * binWidth(histogram);
}

interface PrefixSums {
  /** Entry i sums bins 0 to i-1: counts, non-empty bins, count·ln(count). */
  readonly counts: Float64Array;
  readonly filled: Float64Array;
  readonly logs: Float64Array;
  readonly total: number;
}

function prefixSums(counts: Float64Array): PrefixSums {
  const sums = {
    counts: new Float64Array(counts.length + 1),
    filled: new Float64Array(counts.length + 1),
    logs: new Float64Array(counts.length + 1),
  };
  counts.forEach((count, i) => {
    sums.counts[i + 1] = (sums.counts[i] ?? 0) + count;
    sums.filled[i + 1] = (sums.filled[i] ?? 0) + (count > 0 ? 1 : 0);
    sums.logs[i + 1] = (sums.logs[i] ?? 0) + (count > 0 ? count * Math.log(count) : 0);
  });
  return { ...sums, total: sums.counts[counts.length] ?? 0 };
}

/**
 * KL(P, Q) in nats for the range of the first `bins` bins. P: their counts, everything beyond added to the last one.
 * Q: their counts merged into 128 levels, each level spread evenly over its non-empty bins.
 * Q is constant within a level, so that prefix sums give the divergence in one step a level.
 */
function divergenceOf(counts: Float64Array, sums: PrefixSums, bins: number): number {
  const inside = sums.counts[bins] ?? 0;
  if (inside === 0) return Number.POSITIVE_INFINITY;
  const outliers = sums.total - inside;
  const lastCount = counts[bins - 1] ?? 0;
  const crossTerm = levelsOf(sums, bins) + (outliers > 0 ? outliers * Math.log(lastLevel(sums, bins, lastCount)) : 0);
  const ownTerm = (sums.logs[bins] ?? 0) - entropyTerm(lastCount) + entropyTerm(lastCount + outliers);
  return (ownTerm - crossTerm) / sums.total;
}

const entropyTerm = (count: number): number => (count > 0 ? count * Math.log(count) : 0);
const boundary = (bins: number, level: number): number => Math.floor((bins * level) / levels);

/** Sum of count·ln(Q) over all levels. */
function levelsOf(sums: PrefixSums, bins: number): number {
  let total = 0;
  for (let level = 0; level < levels; level++) {
    const from = boundary(bins, level);
    const to = boundary(bins, level + 1);
    const count = (sums.counts[to] ?? 0) - (sums.counts[from] ?? 0);
    const filled = (sums.filled[to] ?? 0) - (sums.filled[from] ?? 0);
    if (count > 0) total += count * Math.log(count / filled);
  }
  return total;
}

/** Q of the last bin, where the outliers have their P: its level's even share, next to nothing where no value was. */
function lastLevel(sums: PrefixSums, bins: number, lastCount: number): number {
  if (lastCount === 0) return smoothing * sums.total;
  const from = boundary(bins, levels - 1);
  return ((sums.counts[bins] ?? 0) - (sums.counts[from] ?? 0)) / ((sums.filled[bins] ?? 0) - (sums.filled[from] ?? 0));
}
