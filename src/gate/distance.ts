/** Distances to limits in one unit, dB of error: so that noise between builds and margins of different metrics can be compared. */
import type { MetricName } from "../measure/measurement.ts";

/**
 * How many dB the error could grow (positive) or must shrink (negative) until `value` is at `limit`.
 * sqnrDb: the difference itself. Amplitudes (max-abs, …): 20·log10(limit / value). Cosine: 1 - cosine is an energy, 10·log10. Shares: 20·log10 of the shares that disagree.
 * Infinite where there is no error; NaN where the value is NaN.
 */
export function distanceDb(metric: MetricName, value: number, limit: number): number {
  if (value === limit) return 0;
  switch (metric) {
    case "sqnrDb":
      return value - limit;
    case "maxAbs":
    case "meanAbs":
    case "maxRel":
    case "meanRel":
      return 20 * Math.log10(limit / value);
    case "cosine":
      return 10 * Math.log10((1 - limit) / (1 - value));
    default:
      return 20 * Math.log10((1 - limit) / (1 - value));
  }
}
