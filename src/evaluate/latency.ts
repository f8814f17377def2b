/**
 * What the engines' own timings say: figures of both sides, a fix that is slower than the reference, and the limit that an entry may set.
 * Without that limit time never decides: it is advice (search/advice/slow.ts).
 */
import { reasonOf } from "../gate/reasons.ts";
import type { Verdict } from "../gate/verdict.ts";
import type { Engine } from "../model/engine.ts";
import { type ModelReport, toNum } from "../report/schema.ts";

type Latency = NonNullable<NonNullable<ModelReport["fix"]>["latency"]>;

/** Median milliseconds of one inference; undefined where there is no such engine or its lane has no times. */
export interface Timed {
  readonly referenceMs: number | undefined;
  readonly candidateMs: number | undefined;
  readonly fixedMs: number | undefined;
}

/** `fixed`: the engine that proved the fix. */
export const timedOf = (plain: Pick<Engine, "facts" | "reference">, fixed?: Pick<Engine, "facts">): Timed => ({
  referenceMs: plain.reference.latencyMs,
  candidateMs: plain.facts.latencyMs,
  fixedMs: fixed?.facts.latencyMs,
});

/**
 * A candidate that meets its limits but is slower than the entry allows is a regression; where engines gave no times it is undecided.
 * Other verdicts stand. Not for the simulate lane, whose times mean nothing.
 */
export function withLatency(
  verdict: Verdict,
  { referenceMs = Number.NaN, candidateMs = Number.NaN }: Timed,
  maxSlowdown: number | undefined,
): Verdict {
  if (maxSlowdown === undefined || verdict.kind !== "pass") return verdict;
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
export function latencyOf({ referenceMs, candidateMs, fixedMs }: Timed, maxSlowdown: number | undefined): Latency | null {
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
