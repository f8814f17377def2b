/** Share of class vectors (last axis) in which both sides have the same best class. */
import { isMeasurable, type Metric } from "./metric.ts";

export const top1Agreement: Metric = {
  name: "top1Agreement",
  direction: "higher",
  unit: "share",
  needs: "rows",
  value: (sums) => (isMeasurable(sums) && sums.rows > 0 ? sums.top1 / sums.rows : Number.NaN),
};
