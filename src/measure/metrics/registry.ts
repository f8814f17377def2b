/** Every metric there is, by name. Adding one is a file and a line here. */
import type { MetricName, Metrics } from "../measurement.ts";
import type { Sums } from "../sums.ts";
import { allclose } from "./allclose.ts";
import { argmaxAgreement } from "./argmax-agreement.ts";
import { cosine } from "./cosine.ts";
import { exactMatch } from "./exact-match.ts";
import { maxAbs } from "./max-abs.ts";
import { maxRel } from "./max-rel.ts";
import { meanAbs } from "./mean-abs.ts";
import { meanRel } from "./mean-rel.ts";
import type { Metric } from "./metric.ts";
import { sqnrDb } from "./sqnr-db.ts";
import { top1Agreement } from "./top1-agreement.ts";
import { topkAgreement } from "./topk-agreement.ts";

export const metricRegistry: Readonly<Record<MetricName, Metric>> = {
  sqnrDb,
  cosine,
  maxAbs,
  meanAbs,
  maxRel,
  meanRel,
  top1Agreement,
  topkAgreement,
  argmaxAgreement,
  exactMatch,
  allclose,
};

export const metricList: readonly Metric[] = Object.values(metricRegistry);

/** All metrics that the sums allow. Agreement metrics are left out where no row or pixel was seen. */
export function metricsOf(sums: Sums): Metrics {
  const values: Partial<Record<MetricName, number>> = {};
  for (const metric of metricList) if (isAvailable(metric, sums)) values[metric.name] = metric.value(sums);
  return values;
}

const isAvailable = (metric: Metric, sums: Sums): boolean => metric.needs === "elements" || sums[metric.needs] > 0;
