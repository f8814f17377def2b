/** Mean of |r-c| / |r| (accumulate.ts says what a zero r divides by). */
import { isMeasurable, type Metric } from "./metric.ts";

export const meanRel: Metric = {
  name: "meanRel",
  direction: "lower",
  unit: "",
  needs: "elements",
  value: (sums) => (isMeasurable(sums) ? sums.relSum / sums.elements : Number.NaN),
};
