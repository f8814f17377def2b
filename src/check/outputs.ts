/**
 * The verdict on one model from plain engines: final outputs over all samples, judged, and rebuilt while the result lies inside the noise.
 */
import type { ModelEntry } from "../config/settings.ts";
import { type Judgement, judge } from "../gate/judge.ts";
import { decideUnderNoise, guardBandDb, type NoiseDecision } from "../gate/noise.ts";
import { type Measured, measure } from "../measure/measure.ts";
import type { Metrics } from "../measure/metrics.ts";
import type { TensorPair } from "../model/engine.ts";
import type { PreparedLane, RunRequest } from "../model/lane.ts";
import type { Tensor } from "../model/tensor.ts";
import type { Assignment } from "../model/unit.ts";

export interface Judging {
  readonly entry: ModelEntry;
  readonly lane: PreparedLane;
  readonly seed: number;
  readonly today: string;
  readonly labels?: readonly (number | string)[];
  readonly baseline?: ReadonlyMap<string, Metrics>;
}

export interface JudgedRun {
  readonly measured: Measured;
  readonly judgement: Judgement;
  /** The candidate's final outputs by `<tensor> <sample>`; kept only where builds differ or something has to be compared with them. */
  readonly candidates: ReadonlyMap<string, Tensor>;
}

export const plainCandidate: Assignment = { keep: new Set() };

/** Runs, measures and judges the final outputs of one assignment on some samples. */
export async function judgeOutputs(judging: Judging, request: Omit<RunRequest, "detail">): Promise<JudgedRun> {
  const candidates = new Map<string, Tensor>();
  const pairs = keepCandidates(judging.lane.run({ ...request, detail: "outputs" }), candidates);
  const measured = await measure(pairs, measureOptions(judging));
  return { measured, judgement: judgeMeasured(judging, measured), candidates };
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
  scores: lane.scores,
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

/** Judges the plain INT8 candidate; near a limit it judges fresh builds too and lets the majority decide (design 5). */
export async function decideOutputs(judging: Judging, samples: readonly number[]): Promise<Decided> {
  const { lane, entry } = judging;
  const first = await judgeOutputs(judging, { assignment: plainCandidate, samples });
  const betweenBuildsDb: number[] = [];
  const guard = () =>
    guardBandDb({
      deterministic: lane.deterministic,
      guardDb: entry.tolerance.guardDb,
      betweenBuildsDb: betweenBuildsDb.length > 0 ? betweenBuildsDb : [usualBetweenBuildsDb],
      sqnrDb: worstSqnrDb(first.measured),
    });
  const rebuild = async () => {
    const again = await judgeOutputs(judging, { assignment: plainCandidate, samples, fresh: true });
    betweenBuildsDb.push(...(await sqnrBetween(first.candidates, again.candidates, judging)));
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

/** SQNR in dB per output between two runs that gave the same tensors of the same samples. */
export async function sqnrBetween(a: ReadonlyMap<string, Tensor>, b: ReadonlyMap<string, Tensor>, judging: Judging): Promise<number[]> {
  async function* pairs(): AsyncGenerator<TensorPair> {
    for (const [key, reference] of a) {
      const candidate = b.get(key);
      const sample = Number(key.slice(key.lastIndexOf(" ") + 1));
      if (candidate) yield { sample, tensor: reference.name, role: "output", reference, candidate };
    }
  }
  const { measurements } = await measure(pairs(), { ...measureOptions(judging), scores: new Map() });
  return measurements.map(({ metrics }) => metrics.sqnrDb ?? Number.NaN);
}

async function* keepCandidates(pairs: AsyncIterable<TensorPair>, kept: Map<string, Tensor>): AsyncGenerator<TensorPair> {
  for await (const pair of pairs) {
    if (pair.role === "output" && pair.candidate) kept.set(`${pair.tensor} ${pair.sample}`, pair.candidate);
    yield pair;
  }
}
