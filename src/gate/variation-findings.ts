/** Warns where an output's offset carries its figure: what varies in it is lost, or nothing varies, while the output as a whole meets its limit. */
import type { Measurement } from "../measure/measurement.ts";
import { meets } from "../measure/metrics.ts";
import type { JudgedFinding } from "./finding.ts";
import { lostFinding } from "./lost-finding.ts";
import { variationText } from "./messages.ts";
import { judgedParts } from "./parts.ts";
import type { Limits, Tolerance } from "./verdict.ts";

/** dB below the output's own limit, as for an entry along an axis. */
const lostDb = 10;

/** What names the finding's part: caveats.ts tells it by this from an entry. */
export const withoutMean = "without its mean";

/** Of an output and of each of its parts. */
export function variationFindings(output: Measurement, limits: Limits, parts: Tolerance["parts"]): JudgedFinding[] {
  const all = parts === "off" ? [output] : [output, ...judgedParts(output)];
  const [worst] = all.flatMap((one) => lostIn(one, limits)).toSorted((a, b) => (a.value ?? 0) - (b.value ?? 0) || 0);
  return worst === undefined ? [] : [worst];
}

function lostIn(measurement: Measurement, limits: Limits): JudgedFinding[] {
  const { tensor, metrics, kind, variation, part } = measurement;
  const limit = limits.sqnrDb?.fail;
  const whole = metrics.sqnrDb ?? Number.NaN;
  if (kind === "index" || limit === undefined || !meets("sqnrDb", whole, limit)) return [];
  const value = variation?.sqnrDb ?? withoutOneMean(measurement, whole);
  if (!(value < limit - lostDb) || isKeptByScore(measurement, limit)) return [];
  const name = part === undefined ? withoutMean : `"${part.name}" ${withoutMean}`;
  return [lostFinding({ tensor, metric: "sqnrDb", value, limit, part: name, message: variationText(measurement, { value, whole }) })];
}

/**
 * Probabilities of samples that are nearly all sure of one class vary little: the score tells then whether what they vary by is right. Else it is enough that
 * they stay as sure of the same classes.
 */
function isKeptByScore(measurement: Measurement, limit: number): boolean {
  const { score, metrics } = measurement;
  if (score === undefined) return false;
  if ((score.variation?.sqnrDb ?? Number.NEGATIVE_INFINITY) >= limit - lostDb) return true;
  const { top1Agreement = Number.NaN } = metrics;
  return top1Agreement >= leastAgreement && surenessOf(measurement) >= leastSureness && (score.metrics.sqnrDb ?? Number.NaN) >= halfDb;
}

/** Error of half the score: what is sure stays sure of its class. */
const halfDb = 6;
const leastAgreement = 0.99;
/** Then the best class has 0.9 or more on average, and error within the output's limit does not change it. */
const leastSureness = 0.9;

/**
 * Mean over class vectors of the sum of squared probabilities: 1 where each is sure of a class, one over the number of classes where it is flat. A softmax's
 * vector sums to 1, so the mean of all values tells how many classes there are. NaN for other outputs.
 */
function surenessOf({ score, reference: { mean, std } }: Measurement): number {
  return score?.kind === "softmax" ? (std ** 2 + mean ** 2) / mean : Number.NaN;
}

/** About one mean of all values, where their positions are not known: -Infinity where the reference is one value throughout. */
function withoutOneMean({ reference: { mean, std, min, max } }: Measurement, whole: number): number {
  return min === max ? Number.NEGATIVE_INFINITY : whole + 10 * Math.log10(std ** 2 / (std ** 2 + mean ** 2));
}
