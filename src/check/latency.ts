/**
 * What the engines' own timings say: figures of both sides, a fix that is slower than the reference, and the limit that an entry may set.
 * Without that limit time never decides: it is advice (search/advice/slow.ts).
 */
import { reasonOf } from "../gate/reasons.ts";
import type { Verdict } from "../gate/verdict.ts";
import type { BuildFacts } from "../model/engine.ts";
import type { PreparedLane } from "../model/lane.ts";
import { type ModelReport, toNum } from "../report/schema.ts";
import { sameUnits } from "../search/same-units.ts";

type Latency = NonNullable<NonNullable<ModelReport["fix"]>["latency"]>;

/** Median milliseconds of one inference, of the last build of each, the fixed one's with just the units `keep` kept; undefined where there was none or the lane cannot time. */
export interface Timed {
  readonly referenceMs: number | undefined;
  readonly candidateMs: number | undefined;
  readonly fixedMs: number | undefined;
}

export function timedOf(lane: Pick<PreparedLane, "builds">, keep?: readonly string[]): Timed {
  const last = (wanted: (build: BuildFacts) => boolean) =>
    lane.builds().findLast((build) => build.latencyMs !== undefined && wanted(build))?.latencyMs;
  return {
    referenceMs: last((build) => build.role === "reference"),
    candidateMs: last((build) => build.role === "candidate" && build.kept === 0),
    fixedMs: last((build) => build.role === "candidate" && (build.kept ?? 0) > 0 && (keep === undefined || keeps(build, keep))),
  };
}

/** True where the build kept just these units. */
export const keeps = (build: BuildFacts, keep: readonly string[]): boolean => build.keep !== undefined && sameUnits(build.keep, keep);

/**
 * A candidate that meets its limits but is slower than the entry allows is a regression; where engines gave no times it is undecided.
 * Other verdicts stand, and so does one of the simulate lane, whose times mean nothing.
 */
export function withLatency(verdict: Verdict, lane: Pick<PreparedLane, "builds" | "lane">, maxSlowdown: number | undefined): Verdict {
  if (maxSlowdown === undefined || verdict.kind !== "pass" || lane.lane === "simulate") return verdict;
  const { referenceMs = Number.NaN, candidateMs = Number.NaN } = timedOf(lane);
  const slowdown = candidateMs / referenceMs;
  if (slowdown <= maxSlowdown) return verdict;
  if (Number.isNaN(slowdown)) {
    const { kind, next } = reasonOf("not-a-number");
    return { kind, reason: "not-a-number", message: `latency.max-slowdown-vs-reference is set, and no latency was measured. ${next}` };
  }
  const { kind, next } = reasonOf("latency");
  const figures = `${candidateMs.toFixed(3)} ms against the reference's ${referenceMs.toFixed(3)} ms`;
  const message = `The candidate takes ${figures}, ${slowdown.toFixed(2)} times as long; ${maxSlowdown} is allowed. ${next}`;
  return { kind, reason: "latency", message };
}

/** A fix that is slower than the reference engine is pointless: the reference could be shipped instead. */
export function latencyOf(lane: Pick<PreparedLane, "builds">, maxSlowdown: number | undefined, keep?: readonly string[]): Latency | null {
  const { referenceMs, candidateMs, fixedMs } = timedOf(lane, keep);
  if (referenceMs === undefined) return null;
  const slowdown = fixedMs === undefined ? undefined : fixedMs / referenceMs;
  const pointless = slowdown !== undefined && slowdown > (maxSlowdown ?? 1);
  const figures = [
    ["reference", referenceMs],
    ["INT8", candidateMs],
    ["fixed", fixedMs],
  ] as const;
  const text = figures.flatMap(([what, ms]) => (ms === undefined ? [] : [`${what} ${ms.toFixed(3)} ms`])).join(", ");
  return {
    referenceMs: toNum(referenceMs),
    ...(candidateMs === undefined ? {} : { candidateMs: toNum(candidateMs) }),
    ...(fixedMs === undefined ? {} : { fixedMs: toNum(fixedMs) }),
    ...(slowdown === undefined ? {} : { slowdownVsReference: toNum(slowdown) }),
    pointless,
    message: pointless
      ? `Pointless: the fixed engine is slower than the reference (${text}). Ship the reference instead.`
      : `Median latency: ${text}.`,
  };
}
