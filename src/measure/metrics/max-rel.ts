/** Largest |r-c| / |r| (accumulate.ts says what a zero r divides by). 15 to 1e6 on good models: no default limit. */
import { isMeasurable, type Metric } from "./metric.ts";

export const maxRel: Metric = {
  name: "maxRel",
  direction: "lower",
  unit: "",
  needs: "elements",
  value: (sums) => (isMeasurable(sums) ? sums.relMax : Number.NaN),
};
