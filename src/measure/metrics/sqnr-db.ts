/** Signal to quantisation noise ratio, 10·log10(sum r² / sum (r-c)²), dB. */
import { isIdentical, isMeasurable, type Metric } from "./metric.ts";

/** Identical (both all zero included): Infinity. Reference all zero, candidate not: -Infinity. Squares that underflow to 0: NaN. */
export const sqnrDb: Metric = {
  name: "sqnrDb",
  direction: "higher",
  unit: "dB",
  needs: "elements",
  value: (sums) => {
    if (!isMeasurable(sums)) return Number.NaN;
    if (isIdentical(sums)) return Number.POSITIVE_INFINITY;
    if (sums.errorEnergy === 0) return Number.NaN;
    return 10 * Math.log10(sums.referenceEnergy / sums.errorEnergy);
  },
};
