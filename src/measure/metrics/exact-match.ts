/** Share of elements that are equal: for integer and boolean outputs. */
import { isMeasurable, type Metric } from "./metric.ts";

export const exactMatch: Metric = {
  name: "exactMatch",
  direction: "higher",
  unit: "share",
  needs: "elements",
  value: (sums) => (isMeasurable(sums) ? sums.exact / sums.elements : Number.NaN),
};
