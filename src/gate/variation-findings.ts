/** Warns where an output's offset carries its figure: what varies in it is lost, or nothing varies, while the output as a whole meets its limit. */
import type { Measurement } from "../measure/measurement.ts";
import { meets } from "../measure/metrics.ts";
import type { JudgedFinding } from "./finding.ts";
import { lostFinding } from "./lost-finding.ts";
import { variationText } from "./messages.ts";
import type { Limits } from "./verdict.ts";

/** dB below the output's own limit, as for an entry along an axis. */
const lostDb = 10;

/** The SQNR without the reference's mean: -Infinity where the reference is one value throughout. Of probabilities the score behind them says more. */
export function variationFindings({ tensor, metrics, kind, score, reference }: Measurement, limits: Limits): JudgedFinding[] {
  const limit = limits.sqnrDb?.fail;
  const whole = metrics.sqnrDb ?? Number.NaN;
  if (kind === "index" || score !== undefined || limit === undefined || !meets("sqnrDb", whole, limit)) return [];
  const { mean, std, min, max } = reference;
  const value = min === max ? Number.NEGATIVE_INFINITY : whole + 10 * Math.log10(std ** 2 / (std ** 2 + mean ** 2));
  if (!(value < limit - lostDb)) return [];
  const message = variationText(tensor, { value, whole, reference });
  return [lostFinding({ tensor, metric: "sqnrDb", value, limit, part: "without its mean", message })];
}
