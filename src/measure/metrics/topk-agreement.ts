/** Share of class vectors (last axis) in which the reference's best class is among the candidate's k best. */
import { isMeasurable, type Metric } from "./metric.ts";

export const topkAgreement: Metric = {
  name: "topkAgreement",
  direction: "higher",
  unit: "share",
  needs: "rows",
  value: (sums) => (isMeasurable(sums) && sums.rows > 0 ? sums.topk / sums.rows : Number.NaN),
};
