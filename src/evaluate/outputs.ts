/** The verdict on one model from plain engines: final outputs over all samples, judged. */
import type { ModelEntry } from "../config/settings.ts";
import type { BaselineFacts, BaselineGap } from "../gate/baseline-limits.ts";
import { type JudgeInput, type Judgement, judge } from "../gate/judge.ts";
import { type BuildsDecision, decideOverBuilds } from "../gate/noise.ts";
import { type Measured, type MeasureOptions, measure } from "../measure/measure.ts";
import type { Engine, TensorPair } from "../model/engine.ts";
import type { PreparedLane } from "../model/lane.ts";
import { plainCandidate } from "../model/unit.ts";
import { fanOut, type OutputSink } from "./output-sinks.ts";

export interface Judging {
  readonly entry: ModelEntry;
  readonly lane: PreparedLane;
  readonly seed: number;
  readonly today: string;
  readonly labels?: readonly (number | string)[] | undefined;
  readonly rowsOf?: MeasureOptions["rowsOf"];
  readonly baseline?: NonNullable<JudgeInput["baseline"]> | undefined;
  /** Why there is none where it was asked for. */
  readonly baselineGap?: BaselineGap | undefined;
  /** Only limits count, and what warns is not looked for. */
  readonly isProbe?: boolean;
}

export interface JudgedRun {
  /** Whose outputs were judged. */
  readonly engine: Engine;
  readonly measured: Measured;
  readonly judgement: Judgement;
}

/** Measures and judges the final outputs of an engine on some samples. One pair of tensors is held at a time. */
export async function judgeOutputs(
  judging: Judging,
  engine: Engine,
  samples: readonly number[],
  sinks: readonly OutputSink[] = [],
): Promise<JudgedRun> {
  const measured = await measure(fanOut(engine.outputs(samples), sinks), measureOptions(judging));
  return { engine, measured, judgement: judgeMeasured(judging, measured) };
}

type JudgedFacts = Pick<Judging, "entry" | "today" | "baseline"> & { readonly lane: Pick<PreparedLane, "outputs"> };

/** Judges figures that were measured elsewhere by the entry's limits, waivers and baseline. */
export const judgeMeasured = ({ entry, lane, today, baseline }: JudgedFacts, { measurements, coverage }: Measured): Judgement =>
  judge({
    measurements,
    coverage,
    outputs: lane.outputs,
    tolerance: entry.tolerance,
    waivers: entry.waivers,
    today,
    baseline,
  });

/** What says which limits against the base were judged. */
export const baselineFacts = (
  { entry: { tolerance }, baseline, baselineGap }: Pick<Judging, "entry" | "baseline" | "baselineGap">,
  { measured: { measurements } }: Pick<JudgedRun, "measured">,
): BaselineFacts => ({ tolerance, measurements, baseline, gap: baselineGap });

/** What measuring needs to know of the entry and its lane. */
export const measureOptions = ({ entry, lane, seed, labels, rowsOf, isProbe = false }: Judging) => ({
  topK: entry.tolerance.topK,
  atol: entry.tolerance.atol,
  rtol: entry.tolerance.rtol,
  forms: lane.forms,
  outputDims: lane.outputDims,
  seed,
  labels,
  rowsOf,
  withWarnings: !isProbe,
});

export interface Decided {
  readonly decision: BuildsDecision;
  /** Of the engine that the verdict is about: the first that was built. */
  readonly run: JudgedRun;
  /** Least distance to a limit that counts; 0 where one engine is judged and shipped. */
  readonly guardDb: number;
  readonly betweenBuildsDb: readonly number[];
}

/**
 * Judges the plain INT8 candidate. The verdict is about that very engine; with `ship: rebuild` further builds with timings of their own are
 * judged too, and all must agree. The sinks take the first engine's outputs.
 */
export async function decideOutputs(judging: Judging, samples: readonly number[], sinks: readonly OutputSink[] = []): Promise<Decided> {
  const { lane, entry } = judging;
  const run = await judgeOutputs(judging, await lane.build(plainCandidate), samples, sinks);
  const rebuilt = await rebuildsOf(judging, run, samples);
  const guardDb = rebuilt.length === 0 ? 0 : entry.tolerance.guardDb;
  const decision = decideOverBuilds([run.judgement, ...rebuilt.map(({ judgement }) => judgement)], guardDb);
  return { decision, run, guardDb, betweenBuildsDb: rebuilt.flatMap(({ apartDb }) => apartDb) };
}

interface Rebuilt {
  readonly judgement: Judgement;
  /** SQNR against the first engine, per output, dB. */
  readonly apartDb: readonly number[];
}

/** None where the engine itself is shipped, and where repeats are bit-identical. */
async function rebuildsOf(judging: Judging, { engine }: JudgedRun, samples: readonly number[]): Promise<Rebuilt[]> {
  const { lane, entry } = judging;
  if (lane.deterministic || entry.tensorrt.ship === "engine") return [];
  const rebuilt: Rebuilt[] = [];
  for (let n = 0; n < Math.max(1, entry.tensorrt.rebuilds); n++) {
    const again = await judgeOutputs(judging, await lane.build(plainCandidate, { fresh: true }), samples);
    rebuilt.push({ judgement: again.judgement, apartDb: await sqnrBetween(engine, again.engine, samples, judging) });
  }
  return rebuilt;
}

/** Smallest SQNR among the final outputs, dB; NaN when nothing was measured. */
export const worstSqnrDb = ({ measurements }: Measured): number => {
  const values = measurements.filter(({ role }) => role === "output").map(({ metrics }) => metrics.sqnrDb ?? Number.NaN);
  return values.length === 0 ? Number.NaN : Math.min(...values);
};

/** SQNR in dB per output between two engines, the first one's candidate as the reference. */
async function sqnrBetween(first: Engine, second: Engine, samples: readonly number[], judging: Judging): Promise<number[]> {
  const { measurements } = await measure(candidatesOf(first, second, samples), { ...measureOptions(judging), forms: new Map() });
  return measurements.map(({ metrics }) => metrics.sqnrDb ?? Number.NaN);
}

/** Both give the outputs of one lane, so in the same order. */
async function* candidatesOf(first: Engine, second: Engine, samples: readonly number[]): AsyncGenerator<TensorPair> {
  const others = second.outputs(samples)[Symbol.asyncIterator]();
  for await (const { candidate, ...pair } of first.outputs(samples)) {
    const other = await others.next();
    yield { ...pair, reference: candidate, candidate: other.done ? undefined : other.value.candidate };
  }
}
