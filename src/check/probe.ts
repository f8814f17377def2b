/** Turns a prepared lane into the one function the search knows: units kept -> does it meet the limits, and by how much. */
import type { Clock } from "../effects/effects.ts";
import { ToolError } from "../effects/failure.ts";
import { closestMarginDb } from "../gate/judge.ts";
import type { Finding } from "../gate/verdict.ts";
import type { SampleSplit } from "../search/sample-split.ts";
import type { Half, Probe, ProbeResult } from "../search/search.ts";
import { type JudgedRun, type Judging, judgeOutputs, worstSqnrDb } from "./outputs.ts";

/** Failures of a tool are `unknown`, never bad accuracy; everything else is thrown on. */
export function makeProbe(judging: Judging, halves: SampleSplit, clock: Pick<Clock, "monotonicMs">): Probe {
  const samplesOf: Record<Half, readonly number[]> = { all: halves.all, search: halves.search, accept: halves.accept };
  return async (keep, half, options) => {
    const startMs = clock.monotonicMs();
    const seconds = () => (clock.monotonicMs() - startMs) / 1000;
    try {
      const engine = await judging.lane.build({ keep }, { fresh: options?.fresh ?? false });
      return toResult(await judgeOutputs(judging, engine, samplesOf[half]), seconds());
    } catch (error) {
      return unknownProbe(error, seconds());
    }
  };
}

/** A tool's failure as an answer; throws everything else on. */
export function unknownProbe(error: unknown, seconds: number): ProbeResult {
  if (!(error instanceof ToolError) || error.reason === "cancelled" || error.reason === "disk-full") throw error;
  return { kind: "unknown", why: `${error.reason}: ${error.message}`, seconds };
}

function toResult({ engine, measured, judgement }: JudgedRun, seconds: number): ProbeResult {
  const { verdict, findings } = judgement;
  if (verdict.kind === "undecided") return { kind: "unknown", why: `${verdict.reason}: ${verdict.message}`, seconds };
  const { latencyMs } = engine.facts;
  const spreads = measured.measurements.map(({ spread }) => spread?.sqnrDbSd ?? 0).filter(Number.isFinite);
  return {
    kind: "measured",
    passes: verdict.kind === "pass",
    marginDb: marginDb(findings),
    sqnrDb: worstSqnrDb(measured),
    sdDb: Math.max(0, ...spreads),
    seconds,
    engine,
    ...(latencyMs === undefined ? {} : { latencyMs }),
  };
}

/** dB; infinite where both sides are identical, 0 where nothing that can fail was judged: then nothing can be said of a margin. */
export function marginDb(findings: readonly Finding[]): number {
  const margin = closestMarginDb(findings) ?? 0;
  return Math.abs(margin) >= beyondMeasure ? Math.sign(margin) * Number.POSITIVE_INFINITY : margin;
}

/** The gate bounds a distance without end by a number that can be sorted (gate/judge.ts). */
const beyondMeasure = 1e299;
