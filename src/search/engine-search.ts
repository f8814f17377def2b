/**
 * Search where a probe is an engine: the ranking orders, the sum of its errors predicts, and the smallest prefix that is predicted to clear the limit by
 * the prediction's own error is built. A miss adds what is missing; where an engine clears it by far one shorter is built. Two to four engines.
 */

import type { Ranking } from "./outcome.ts";
import { Prediction, predictionErrorDb } from "./prediction.ts";
import { type Measured, passes, passesSurely } from "./probe.ts";
import type { ProbeRunner } from "./probe-runner.ts";

export interface EngineSearch {
  readonly ranking: Ranking;
  /** Units of a group. */
  readonly unitsOf: (group: string) => readonly string[];
  readonly empty: Measured;
  readonly requiredDb: number;
  /** From here on the error counts as diffuse. */
  readonly longest: number;
}

export interface Chosen {
  readonly length: number;
  readonly result: Measured;
}

/** Engines besides the plain one. */
const mostEngines = 3;
/** What a prediction keeps of its error once an engine of the same ranking was seen. */
const errorAfterSeen = 0.5;
/** A shorter engine must save so much of the kept groups to be worth its build. */
const worthwhileSaving = 1 / 4;
/** Where nothing predicts: the eighth part first. */
const blindPart = 8;

/** Undefined: none of the engines clears the limit. */
export async function chooseByEngines(runner: ProbeRunner, search: EngineSearch): Promise<Chosen | undefined> {
  const { ranking, requiredDb, longest, empty } = search;
  const prediction = predictionWithout(search, new Set());
  let known = prediction;
  let length = firstLength(prediction, search);
  let best: Chosen | undefined;
  let longestMiss = 0;
  for (let engines = 0; engines < mostEngines && length !== undefined; engines++) {
    const keep = ranking.order.slice(0, length);
    const result = await runner.ask({ phase: "prefix", ranking: ranking.name, keep, samples: "choose" });
    if (result.kind === "measured") {
      if (engines === 0 && result.floatUnits !== undefined) known = predictionWithout(search, new Set(result.floatUnits));
      known.learn(length, result.marginDb);
      if (passes(result, requiredDb)) best = better(best, { length, result }, requiredDb);
    }
    if (!passesSurely(result, requiredDb)) longestMiss = Math.max(longestMiss, length);
    length = nextLength({ known, last: length, best, longestMiss, search });
  }
  return best;

  function firstLength(first: Prediction, { ranking: { order } }: EngineSearch): number | undefined {
    if (!first.tells) return Math.min(longest, Math.max(1, Math.ceil(order.length / blindPart)));
    // The plain engine is no anchor: what the builder left in float there, a fix may not.
    const { marginDb } = empty;
    const isWorse = Number.isFinite(marginDb) && marginDb < first.at(0);
    const offDb = isWorse ? first.at(0) - marginDb : 0;
    return first.shortest(requiredDb + predictionErrorDb + Math.min(offDb, predictionErrorDb), 1, longest) ?? longest;
  }
}

interface Seen {
  readonly known: Prediction;
  readonly last: number;
  readonly best: Chosen | undefined;
  readonly longestMiss: number;
  readonly search: EngineSearch;
}

/** Undefined: what there is, is the answer. */
function nextLength({ known, last, best, longestMiss, search: { requiredDb, longest } }: Seen): number | undefined {
  const wanted = requiredDb + errorAfterSeen;
  if (best === undefined || !passesSurely(best.result, requiredDb)) {
    if (last >= longest) return undefined;
    const more = known.tells ? known.shortest(wanted + uncertainty(best), last + 1, longest) : undefined;
    return more ?? (known.tells ? longest : Math.min(longest, 2 * last));
  }
  const clearsByFar = best.result.lowDb >= requiredDb + 2 * predictionErrorDb;
  const shorter = clearsByFar && known.tells ? known.shortest(wanted + uncertainty(best), longestMiss + 1, best.length - 1) : undefined;
  return shorter !== undefined && shorter <= best.length * (1 - worthwhileSaving) ? shorter : undefined;
}

/** Half of the interval that the engine's figure had: the next one must clear it too. */
const uncertainty = (best: Chosen | undefined): number => (best === undefined ? 0 : Math.max(0, best.result.marginDb - best.result.lowDb));

/** A set that passes surely before one that only passes, then the shorter. */
function better(a: Chosen | undefined, b: Chosen, requiredDb: number): Chosen {
  if (a === undefined) return b;
  const [surelyA, surelyB] = [passesSurely(a.result, requiredDb), passesSurely(b.result, requiredDb)];
  if (surelyA !== surelyB) return surelyA ? a : b;
  return a.length <= b.length ? a : b;
}

/** Units that the engine runs in higher precision anyway add no error. */
function predictionWithout({ ranking, unitsOf }: EngineSearch, float: ReadonlySet<string>): Prediction {
  const isFloat = (group: string) => unitsOf(group).every((unit) => float.has(unit));
  return new Prediction(ranking.order.map((id) => (isFloat(id) ? Number.NaN : (ranking.alone.get(id)?.marginDb ?? Number.NaN))));
}
