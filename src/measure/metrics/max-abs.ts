/** Largest |r-c|, in the tensor's own unit. */
import { isMeasurable, type Metric } from "./metric.ts";

/** A NaN or Inf in the candidate only: Infinity, since the reference has a value there. In the reference: NaN. */
export const maxAbs: Metric = {
  name: "maxAbs",
  direction: "lower",
  unit: "",
  needs: "elements",
  value: (sums) => {
    if (isMeasurable(sums)) return sums.absMax;
    return sums.nonFiniteCandidate > 0 && sums.nonFiniteReference === 0 ? Number.POSITIVE_INFINITY : Number.NaN;
  },
};
