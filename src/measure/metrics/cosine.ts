/** Cosine similarity, sum r·c / (|r|·|c|), -1 to 1. */
import { isIdentical, isMeasurable, type Metric } from "./metric.ts";

/** Identical (both all zero included): 1. One side all zero: 0. */
export const cosine: Metric = {
  name: "cosine",
  direction: "higher",
  unit: "",
  needs: "elements",
  value: (sums) => {
    if (!isMeasurable(sums)) return Number.NaN;
    if (isIdentical(sums)) return 1;
    if (sums.referenceEnergy === 0 || sums.candidateEnergy === 0) return 0;
    const value = sums.dot / (Math.sqrt(sums.referenceEnergy) * Math.sqrt(sums.candidateEnergy));
    return Math.min(1, Math.max(-1, value));
  },
};
