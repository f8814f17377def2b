/** Turns a prepared lane into the one function the search knows: units kept -> does it meet the limits, and by how much. */
import type { Clock } from "../effects/effects.ts";
import { ToolError } from "../effects/failure.ts";
import { type JudgedRun, type Judging, judgeOutputs, worstSqnrDb } from "../evaluate/outputs.ts";
import { intervalFor, worstEndDb } from "../gate/intervals.ts";
import { findingDistance, nearestFinding } from "../gate/judge.ts";
import { findingWords } from "../gate/messages.ts";
import { isOpaque } from "../lanes/tensorrt/executed-precision.ts";
import type { BuildFacts, ExecutedLayer } from "../model/engine.ts";
import type { PreparedLane } from "../model/lane.ts";
import type { Unit } from "../model/unit.ts";
import type { Probe, ProbeResult, SampleSet } from "../search/probe.ts";
import { fewestToProve } from "../search/proof.ts";
import type { SampleSplit } from "../search/sample-split.ts";

/** Failures of a tool are `unknown`, never bad accuracy; everything else is thrown on. `hear`: is told what was judged, without its outputs. */
export function makeProbe(
  judging: Judging,
  split: SampleSplit,
  clock: Pick<Clock, "monotonicMs">,
  hear: (samples: SampleSet, run: JudgedRun) => void = () => {},
): Probe {
  return async (keep, samples) => {
    const { result, run } = await probeOn(
      { ...judging, isProbe: samples !== "prove" },
      { keep, samples: split[samples], fresh: isRebuilt(judging, samples) },
      clock,
    );
    if (run) hear(samples, run);
    return result;
  };
}

/** What ships is what is proved: the engine that was searched on, or with `ship: rebuild` another build of it. */
const isRebuilt = ({ entry }: Judging, samples: SampleSet): boolean => samples === "prove" && entry.tensorrt.ship === "rebuild";

interface ProbeRequest {
  readonly keep: ReadonlySet<string>;
  readonly samples: readonly number[];
  readonly fresh?: boolean;
}

/** Never rejects for a tool or a file: such a probe is `unknown` with why, and has no run. */
export async function probeOn(
  judging: Judging,
  { keep, samples, fresh = false }: ProbeRequest,
  clock: Pick<Clock, "monotonicMs">,
): Promise<{ readonly result: ProbeResult; readonly run?: JudgedRun }> {
  const startMs = clock.monotonicMs();
  const seconds = () => (clock.monotonicMs() - startMs) / 1000;
  try {
    const engine = await judging.lane.build({ keep }, { fresh });
    const run = await judgeOutputs(judging, engine, samples);
    return { result: judgedResult(run, judging.lane, seconds()), run };
  } catch (error) {
    return { result: unknownProbe(error, seconds()) };
  }
}

/** A tool's failure as an answer; throws everything else on. */
export function unknownProbe(error: unknown, seconds: number): Extract<ProbeResult, { readonly kind: "unknown" }> {
  if (!(error instanceof ToolError) || error.reason === "cancelled" || error.reason === "disk-full") throw error;
  return { kind: "unknown", why: `${error.reason}: ${error.message}`, seconds };
}

/** `seconds`: what the probe took. Margins are dB to the nearest limit; an undecided verdict is `unknown`. */
export function judgedResult({ engine, measured, judgement }: JudgedRun, { units }: PreparedLane, seconds: number): ProbeResult {
  const { verdict, findings } = judgement;
  if (verdict.kind === "undecided") return { kind: "unknown", why: `${verdict.reason}: ${verdict.message}`, seconds };
  const spreads = measured.measurements.map(({ spread }) => spread?.sqnrDbSd ?? 0).filter(Number.isFinite);
  const nearest = nearestFinding(findings);
  const margin = nearest === undefined ? 0 : bounded(findingDistance(nearest));
  const sdDb = Math.max(0, ...spreads);
  const samples = measured.measurements.find(({ tensor }) => tensor === nearest?.tensor)?.samples ?? 0;
  const interval = nearest && samples >= fewestToProve ? intervalFor(nearest, measured.measurements) : undefined;
  const floatUnits = floatUnitsOf(units, engine.facts);
  return {
    kind: "measured",
    passes: verdict.kind === "pass",
    marginDb: margin,
    lowDb: nearest && interval ? worstEndDb(nearest, interval) : margin - within90 * sdDb,
    ...(nearest ? { nearest: findingWords(nearest) } : {}),
    sqnrDb: worstSqnrDb(measured),
    sdDb,
    seconds,
    engine,
    floatUnits,
  };
}

/** Units that are known to have run in a float precision, kept or not; undefined where the lane has no engine, or one that tells nothing. */
function floatUnitsOf(units: readonly Unit[], { executed = [] }: BuildFacts): string[] | undefined {
  if (executed.length === 0) return undefined;
  const isFloat = (layer: ExecutedLayer) => /fp16|fp32|half|float/i.test(layer.precision) && !isOpaque(layer);
  const float = new Set(executed.filter(isFloat).flatMap(({ nodes }) => nodes));
  return units.filter(({ nodes }) => float.has(nodes[0] ?? "")).map(({ id }) => id);
}

/** Of a normal distribution, 90 % lie within so many standard deviations: for figures without an interval, and of too few samples for one that proves. */
const within90 = 1.645;

/** Infinite where both sides are identical. */
const bounded = (margin: number): number => (Math.abs(margin) >= beyondMeasure ? Math.sign(margin) * Number.POSITIVE_INFINITY : margin);

/** The gate bounds a distance without end by a number that can be sorted (gate/judge.ts). */
const beyondMeasure = 1e299;
