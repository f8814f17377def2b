/** A warning of something in an output (an entry, a value, what varies) that is lost while the output as a whole meets its limit. Decides nothing. */
import { distanceDb, type MetricName, marginOf } from "../measure/metrics.ts";
import type { JudgedFinding } from "./finding.ts";

interface Lost {
  readonly tensor: string;
  readonly metric: MetricName;
  readonly value: number;
  /** The output's own. */
  readonly limit: number;
  /** What is lost, in words. */
  readonly part: string;
  readonly message: string;
}

/** Always a warning; margins are taken from the limit that was missed. */
export const lostFinding = ({ tensor, metric, value, limit, part, message }: Lost): JudgedFinding => ({
  tensor,
  of: "entry",
  level: "warn",
  metric,
  value,
  limit,
  margin: marginOf(metric, value, limit),
  marginDb: distanceDb(metric, value, limit),
  part,
  reason: "within-limits",
  message,
});
