/** Warns of an entry along an axis (a channel, a column) that is lost while the output as a whole meets its limit. Judges no entry: which matter, nobody knows. */
import { type Entries, mostListed } from "../measure/entries.ts";
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

/** Of so many entries, or of single values, some are lost by chance: then this part of those that are heard must be. */
const leastOfMany = 1 / 20;
const leastOfSingle = 1 / 8;
const fewestOfMany = 16;
/** Samples from which figures of single values, and along an axis of rows that may be samples themselves, say something. */
const fewestSamples = 16;

/** Names the worst entry. Only of outputs that meet their SQNR limit themselves. */
export function entryFindings(measurement: Measurement, limits: Limits, parts: Tolerance["parts"]): JudgedFinding[] {
  const { entries, countedEntries = [], tensor, metrics } = measurement;
  const limit = limits.sqnrDb?.fail;
  if (parts === "off" || limit === undefined || !meets("sqnrDb", metrics.sqnrDb ?? Number.NaN, limit)) return [];
  const listed = entries === undefined ? [] : lostAlong(measurement, entries, limit);
  const [worst] = [...listed, ...countedEntries.flatMap((one) => lostAlong(measurement, one, limit))].toSorted((a, b) => a.value - b.value);
  if (worst === undefined) return [];
  const { axis, index, value } = worst;
  return [
    lostFinding({ tensor, metric: "sqnrDb", value, limit, part: `entry ${index} of axis ${axis}`, message: entryText(measurement, worst) }),
  ];
}

interface Lost {
  readonly axis: number;
  readonly index: number;
  readonly value: number;
  readonly lost: number;
  readonly of: number;
}

/** The worst entry of an axis, with how many are lost as it is; none where these are so few that chance explains them. */
function lostAlong(measurement: Measurement, entries: Entries, limit: number): Lost[] {
  const { samples, elements, score, reference } = measurement;
  const { axis, sqnrDb, weight, absMax } = entries;
  const largest = Math.max(Math.abs(reference.min), Math.abs(reference.max));
  const isSingle = elements <= samples * sqnrDb.length;
  const least = score === undefined ? silence : rare;
  const heard = sqnrDb.flatMap((value, index) =>
    (weight[index] ?? 0) < least && (absMax[index] ?? 0) < least * largest ? [] : [{ index, value }],
  );
  const lost = heard.filter(({ value }) => value < limit - lostDb);
  const isMany = sqnrDb.length > mostListed;
  if ((isSingle || axis === 0) && samples < fewestSamples) return [];
  const leastShare = isSingle ? leastOfSingle : leastOfMany;
  // Many classes, whether or not the graph shows that they are: one that is hardly seen is lost in many a good model.
  const isShare = score !== undefined || (reference.min >= 0 && reference.max <= 1);
  if ((isSingle || isMany) && isShare) return [];
  if ((isSingle || isMany) && (heard.length < fewestOfMany || lost.length < leastShare * heard.length)) return [];
  const [worst] = lost.toSorted((a, b) => a.value - b.value);
  return worst === undefined ? [] : [{ axis, ...worst, lost: lost.length, of: sqnrDb.length }];
}
