/** Warns of a value (a class, true or false) on which the sides hardly agree while the output as a whole meets its agreement. Judges none: which matter, nobody knows. */
import type { Measurement } from "../measure/measurement.ts";
import { meets } from "../measure/metrics.ts";
import type { JudgedFinding } from "./finding.ts";
import { lostFinding } from "./lost-finding.ts";
import { valueLostText } from "./messages.ts";
import type { Limits } from "./verdict.ts";

/** Classes of a picture differ along their edges; a mask of two values, or a row with a single one, has no other. */
const leastOfTwo = 0.9;
const leastOfMany = 0.8;

/** Names the worst value. Nothing where the output misses its own limit, or has none. */
export function valueFindings(measurement: Measurement, limits: Limits): JudgedFinding[] {
  const { tensor, metrics, worstValue } = measurement;
  const limit = limits.agreement?.fail;
  if (worstValue === undefined || limit === undefined || !meets("agreement", metrics.agreement ?? Number.NaN, limit)) return [];
  const least = Math.min(limit, worstValue.of > 2 ? leastOfMany : leastOfTwo);
  if (meets("agreement", worstValue.agreement, least)) return [];
  const message = valueLostText(measurement, worstValue);
  return [lostFinding({ tensor, metric: "agreement", value: worstValue.agreement, limit, part: `value ${worstValue.value}`, message })];
}
