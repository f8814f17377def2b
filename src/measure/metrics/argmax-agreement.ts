/** Share of pixels in which both sides have the same best channel (axis 1 of NCHW). */
import { isMeasurable, type Metric } from "./metric.ts";

export const argmaxAgreement: Metric = {
  name: "argmaxAgreement",
  direction: "higher",
  unit: "share",
  needs: "pixels",
  value: (sums) => (isMeasurable(sums) && sums.pixels > 0 ? sums.argmax / sums.pixels : Number.NaN),
};
