/** Percentile calibration: the range that holds a given share of all |x|. TensorRT has no such calibrator; this one is ours. */
import { binWidth, type Histogram } from "./histogram.ts";

/** Enough bins that an interpolated percentile is within 1/4096 of amax of the exact one. */
export const percentileBins = 8192;

/** amax at `percentile` (0 to 100) of |x|, zeros included, linear within a bin. 100 gives the largest |x|; 0 for an empty histogram. */
export function percentileAmax(histogram: Histogram, percentile: number): number {
  if (percentile >= 100) return histogram.amax;
  const total = histogram.zeros + histogram.counts.reduce((sum, count) => sum + count, 0);
  const wanted = (total * percentile) / 100;
  let below = histogram.zeros;
  for (const [bin, count] of histogram.counts.entries()) {
    if (count > 0 && below + count >= wanted)
      return Math.min(histogram.amax, (bin + Math.max(0, wanted - below) / count) * binWidth(histogram));
    below += count;
  }
  return 0;
}
