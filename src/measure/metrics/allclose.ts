/** Share of elements with |r-c| <= atol + rtol·|r|; Polygraphy's rule passes where this is 1. */
import { isMeasurable, type Metric } from "./metric.ts";

export const allclose: Metric = {
  name: "allclose",
  direction: "higher",
  unit: "share",
  needs: "elements",
  value: (sums) => (isMeasurable(sums) ? sums.close / sums.elements : Number.NaN),
};
