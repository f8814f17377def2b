/**
 * What each number of kept units gives, so that people can choose their own point: measured where the search was, predicted between.
 * Measures a few more points where probes are free; decides nothing.
 */
import { type Group, unitsOf } from "./groups.ts";
import type { Curve, CurvePoint, Ranking } from "./outcome.ts";
import { Prediction, predictionErrorDb } from "./prediction.ts";
import type { Measured } from "./probe.ts";
import { type ProbeRunner, SearchStopped } from "./probe-runner.ts";

/** Of a normal distribution: 90 % lie within so many standard deviations. */
const within90 = 1.645;

export interface CurveOptions {
  readonly ranking: Ranking;
  /** Probes cost no engine: points that are missing may be measured. */
  readonly isFree: boolean;
}

/** Undefined where nothing was tried one by one: then nothing can be predicted. Stops measuring quietly when the budget is spent. */
export async function drawCurve(
  runner: ProbeRunner,
  groups: readonly Group[],
  { ranking, isFree }: CurveOptions,
): Promise<Curve | undefined> {
  const { order, alone } = ranking;
  const prefix = (length: number) => order.slice(0, length);
  const measured = new Map<number, Measured>();
  const look = (length: number) => {
    const result = runner.knownOf(prefix(length), "choose");
    if (result?.kind === "measured") measured.set(length, result);
  };
  for (let length = 0; length <= order.length; length++) look(length);
  if (isFree) {
    try {
      for (const length of missingLengths([...measured.keys()], order.length)) {
        await runner.ask({ phase: "curve", keep: prefix(length), samples: "choose", ranking: ranking.name });
        look(length);
      }
    } catch (error) {
      if (!(error instanceof SearchStopped)) throw error;
    }
  }
  const predicted = {
    sqnr: new Prediction(order.map((id) => alone.get(id)?.sqnrDb ?? Number.NaN)),
    margin: new Prediction(order.map((id) => alone.get(id)?.marginDb ?? Number.NaN)),
  };
  if (measured.size === 0 && !predicted.sqnr.tells) return undefined;
  for (const [length, { sqnrDb, marginDb }] of measured) {
    predicted.sqnr.learn(length, sqnrDb);
    predicted.margin.learn(length, marginDb);
  }
  const unitCounts = countsOf(groups, order);
  const points = unitCounts.flatMap((kept, length): CurvePoint[] => {
    const result = measured.get(length);
    if (result) return [measuredPoint(kept, result)];
    return predicted.sqnr.tells && length < order.length
      ? [predictedPoint(kept, predicted.sqnr.at(length), predicted.margin.at(length))]
      : [];
  });
  return { order: order.flatMap((id) => unitsOf(groups, [id])), points };
}

/** Doubling lengths, the empty set and the full one, unless a measured one is near. */
function missingLengths(measured: readonly number[], longest: number): number[] {
  const lengths = [0, longest];
  for (let length = 1; length < longest; length *= 2) lengths.push(length);
  const have = new Set(measured);
  const isNear = (length: number) => [...have].some((other) => Math.abs(other - length) <= length / 4);
  return lengths.filter((length) => {
    if (isNear(length)) return false;
    have.add(length);
    return true;
  });
}

/** Units kept with the first 0, 1, 2, … groups. */
function countsOf(groups: readonly Group[], order: readonly string[]): number[] {
  const sizes = new Map(groups.map(({ id, units }) => [id, units.length]));
  const counts = [0];
  for (const id of order) counts.push((counts.at(-1) ?? 0) + (sizes.get(id) ?? 0));
  return counts;
}

function measuredPoint(kept: number, { sqnrDb, sdDb, marginDb, lowDb, nearest }: Measured): CurvePoint {
  return {
    kept,
    by: "measured",
    sqnrDb,
    lowDb: sqnrDb - within90 * sdDb,
    highDb: sqnrDb + within90 * sdDb,
    marginDb,
    marginLowDb: lowDb,
    nearest,
  };
}

const predictedPoint = (kept: number, sqnrDb: number, marginDb: number): CurvePoint => ({
  kept,
  by: "predicted",
  sqnrDb,
  lowDb: sqnrDb - within90 * predictionErrorDb,
  highDb: sqnrDb + within90 * predictionErrorDb,
  marginDb,
  marginLowDb: marginDb - within90 * predictionErrorDb,
});
