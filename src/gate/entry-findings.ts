/** Warns of an entry along an axis (a channel, a column) that is lost while the output as a whole meets its limit. Judges no entry: which matter, nobody knows. */
import type { Measurement } from "../measure/measurement.ts";
import { meets } from "../measure/metrics.ts";
import type { JudgedFinding } from "./finding.ts";
import { lostFinding } from "./lost-finding.ts";
import { entryText } from "./messages.ts";
import type { Limits, Tolerance } from "./verdict.ts";

/** dB below the output's own limit: single entries vary, and a warning for each would be noise. */
const lostDb = 10;
/** As in parts.ts: an entry this much smaller than the whole is silent. */
const silence = 2 ** -20;
/** Probabilities are of one scale: a class that hardly occurs has none to lose. */
const rare = 0.02;

/** Names the worst entry. Only of outputs whose entries hold several values a sample, and that meet their SQNR limit themselves. */
export function entryFindings(measurement: Measurement, limits: Limits, parts: Tolerance["parts"]): JudgedFinding[] {
  const { entries, tensor, samples, elements, metrics } = measurement;
  const limit = limits.sqnrDb?.fail;
  if (parts === "off" || entries === undefined || limit === undefined || !meets("sqnrDb", metrics.sqnrDb ?? Number.NaN, limit)) return [];
  if (elements <= samples * entries.sqnrDb.length) return [];
  const largest = Math.max(Math.abs(measurement.reference.min), Math.abs(measurement.reference.max));
  const lost = entries.sqnrDb.flatMap((value, index) => {
    const least = measurement.score === undefined ? silence : rare;
    const isSilent = (entries.weight[index] ?? 0) < least && (entries.absMax[index] ?? 0) < least * largest;
    return isSilent || !(value < limit - lostDb) ? [] : [{ index, value }];
  });
  const [worst] = lost.toSorted((a, b) => a.value - b.value);
  if (worst === undefined) return [];
  const { index, value } = worst;
  const message = entryText(measurement, { axis: entries.axis, index, value, lost: lost.length, of: entries.sqnrDb.length });
  return [lostFinding({ tensor, metric: "sqnrDb", value, limit, part: `entry ${index} of axis ${entries.axis}`, message })];
}
