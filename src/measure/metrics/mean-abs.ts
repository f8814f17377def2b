/** Mean of |r-c|, in the tensor's own unit. */
import { isMeasurable, type Metric } from "./metric.ts";

export const meanAbs: Metric = {
  name: "meanAbs",
  direction: "lower",
  unit: "",
  needs: "elements",
  value: (sums) => (isMeasurable(sums) ? sums.absSum / sums.elements : Number.NaN),
};
