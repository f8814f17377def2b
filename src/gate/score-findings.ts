/**
 * Warns where an output passes a limit that the score behind it misses, and where the score misses it by so much that decisions change.
 * Limits that the score has of its own are checked with the others.
 */
import type { Measurement } from "../measure/measurement.ts";
import { meets } from "../measure/metrics.ts";
import type { JudgedFinding } from "./finding.ts";
import { lostFinding } from "./lost-finding.ts";
import { scoreLostText } from "./messages.ts";
import type { Limits } from "./verdict.ts";

/** dB below the output's own limit, as for an entry along an axis: error a third of the score where the limit is 20 dB. */
const lostDb = 10;
/** Share of equal decisions that is still few changes, as for samples within their limits. */
const leastAgreement = 0.9;

/** Of probabilities over classes: empty where their best classes are not known, as of a sigmoid. What is lost of these, `variation-lost` finds. */
export function scoreFindings(measurement: Measurement, limits: Limits): JudgedFinding[] {
  const { tensor, metrics, score } = measurement;
  const limit = limits.sqnrDb?.fail;
  const value = score?.metrics.sqnrDb;
  if (score === undefined || score.kind === "sigmoid" || limit === undefined || value === undefined) return [];
  if (!meets("sqnrDb", metrics.sqnrDb ?? Number.NaN, limit) || value >= limit - lostDb) return [];
  const agreements = (["top1Agreement", "argmaxAgreement"] as const).flatMap((metric) => {
    const agreement = metrics[metric];
    return agreement === undefined ? [] : [{ metric, agreement }];
  });
  const [best] = agreements.toSorted((a, b) => b.agreement - a.agreement);
  if (best === undefined || best.agreement >= leastAgreement) return [];
  const message = scoreLostText(measurement, { ...best, value, limit });
  return [lostFinding({ tensor, metric: best.metric, value: best.agreement, limit: leastAgreement, part: "best class", message })];
}
