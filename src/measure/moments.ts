/**
 * Count, extremes, mean and spread of one side of a tensor, merged without cancellation.
 * Knows nothing of pairs or metrics.
 */

export interface Summary {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly std: number;
}

/** Over finite values only. `m2` is the sum of squared distances from `mean`. With `count` 0 the rest means nothing. */
export interface Moments {
  count: number;
  min: number;
  max: number;
  mean: number;
  m2: number;
}

/** Nothing was seen: extremes are infinities, and the mean is 0. */
export const emptyMoments = (): Moments => ({ count: 0, min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY, mean: 0, m2: 0 });

/** Adds `from` to `into` (Chan, Golub and LeVeque 1979: pairwise mean and m2). */
export function mergeMoments(into: Moments, from: Moments): void {
  if (from.count === 0) return;
  const count = into.count + from.count;
  const shift = from.mean - into.mean;
  into.mean += (shift * from.count) / count;
  into.m2 += from.m2 + (shift * shift * into.count * from.count) / count;
  into.count = count;
  into.min = Math.min(into.min, from.min);
  into.max = Math.max(into.max, from.max);
}

/** Population standard deviation, as numpy's default. All NaN where no finite value was seen. */
export function summarize(moments: Moments): Summary {
  if (moments.count === 0) return { min: Number.NaN, max: Number.NaN, mean: Number.NaN, std: Number.NaN };
  const { min, max, mean } = moments;
  return { min, max, mean, std: Math.sqrt(Math.max(0, moments.m2 / moments.count)) };
}

/** Sums of a block's distances from `origin`, its first value: a large mean then does not cancel the spread. */
export interface ShiftedSums extends Pick<Moments, "count" | "min" | "max"> {
  readonly origin: number;
  readonly sum: number;
  readonly squares: number;
}

/** Of at least one value. */
export const momentsFrom = ({ count, min, max, origin, sum, squares }: ShiftedSums): Moments => ({
  count,
  min,
  max,
  mean: origin + sum / count,
  m2: Math.max(0, squares - (sum * sum) / count),
});
