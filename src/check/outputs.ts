/**
 * The verdict on one model from plain engines: final outputs over all samples, judged, and rebuilt while the result lies inside the noise.
 */
import type { ModelEntry } from "../config/settings.ts";
import { type Judgement, judge } from "../gate/judge.ts";
import { decideUnderNoise, guardBandDb, type NoiseDecision } from "../gate/noise.ts";
import { type Measured, measure } from "../measure/measure.ts";
import type { Metrics } from "../measure/metrics.ts";
import type { Engine, TensorPair } from "../model/engine.ts";
import type { PreparedLane } from "../model/lane.ts";
import { plainCandidate } from "../model/unit.ts";
import { fanOut, type OutputSink } from "./output-sinks.ts";

export interface Judging {
  readonly entry: ModelEntry;
  readonly lane: PreparedLane;
  readonly seed: number;
  readonly today: string;
  readonly labels?: readonly (number | string)[];
  readonly baseline?: ReadonlyMap<string, Metrics>;
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

export const judgeMeasured = ({ entry, lane, today, baseline }: Judging, { measurements, coverage }: Measured): Judgement =>
  judge({
    measurements,
    coverage,
    outputs: lane.outputs,
    tolerance: entry.tolerance,
    waivers: entry.waivers,
    today,
    ...(baseline ? { baseline } : {}),
  });

export const measureOptions = ({ entry, lane, seed, labels }: Judging) => ({
  topK: entry.tolerance.topK,
  atol: entry.tolerance.atol,
  rtol: entry.tolerance.rtol,
  forms: lane.forms,
  ...(lane.outputDims ? { outputDims: lane.outputDims } : {}),
  seed,
  ...(labels ? { labels } : {}),
});

export interface Decided {
  readonly decision: NoiseDecision;
  readonly run: JudgedRun;
  readonly guardDb: number;
  readonly betweenBuildsDb: readonly number[];
}

/** Judges the plain INT8 candidate; near a limit it judges fresh builds too and lets the majority decide (design 5). The sinks take the first engine's outputs. */
export async function decideOutputs(judging: Judging, samples: readonly number[], sinks: readonly OutputSink[] = []): Promise<Decided> {
  const { lane, entry } = judging;
  const first = await judgeOutputs(judging, await lane.build(plainCandidate), samples, sinks);
  const betweenBuildsDb: number[] = [];
  const guard = () =>
    guardBandDb({
      deterministic: lane.deterministic,
      guardDb: entry.tolerance.guardDb,
      betweenBuildsDb: betweenBuildsDb.length > 0 ? betweenBuildsDb : [usualBetweenBuildsDb],
      sqnrDb: worstSqnrDb(first.measured),
    });
  const rebuild = async () => {
    const again = await judgeOutputs(judging, await lane.build(plainCandidate, { fresh: true }), samples);
    betweenBuildsDb.push(...(await sqnrBetween(first.engine, again.engine, samples, judging)));
    return again.judgement;
  };
  const decision = await decideUnderNoise(first.judgement, guard(), entry.tensorrt.rebuilds, rebuild);
  return { decision, run: first, guardDb: guard(), betweenBuildsDb };
}

/** SQNR between two INT8 builds of one network, dB, until this run has measured its own: what an H100 with TensorRT 8.6 showed. */
const usualBetweenBuildsDb = 30;

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
