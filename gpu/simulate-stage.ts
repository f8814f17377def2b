/**
 * How near the simulate lane is to the Q/DQ engine, on the model of `--second` with the scales of `--cache`: with 0, 8, 13, 20 and 26 units kept, both lanes are
 * asked for the same assignment and measured on the same samples. An interval over samples says how well the difference is known.
 */
import { readFileSync } from "node:fs";
import { prepareLane } from "../src/lanes/prepare.ts";
import { seededRandom } from "../src/measure/random.ts";
import { scoresOf } from "../src/measure/score.ts";
import type { Engine } from "../src/model/engine.ts";
import type { EngineJob } from "../src/model/job.ts";
import type { PreparedLane } from "../src/model/lane.ts";
import { openFeeds } from "../src/samples/feeds.ts";
import { type Bench, jobFor } from "./bench.ts";
import { type Subject, secondSubject } from "./gate-run.ts";

const counts = [26, 0, 13, 20, 8];
const withinDb = 1.5;

export async function simulateStage(bench: Bench): Promise<void> {
  const subject = secondSubject(bench);
  const { prepared: engines } = await prepareLane("explicit", await jobOf(bench, subject, "engines"));
  const { prepared: simulated } = await prepareLane("simulate", await jobOf(bench, subject, "simulated"));
  try {
    const order = orderOf(bench, engines);
    const kept = counts.filter((count) => count <= order.length).map((count) => new Set(order.slice(0, count)));
    const ahead = inTurn(kept, (keep) => energiesOf(simulated, keep));
    for (const [i, keep] of kept.entries()) {
      const start = performance.now();
      const engine = await energiesOf(engines, keep);
      const seconds = (performance.now() - start) / 1000;
      const guess = await ahead[i];
      if (guess !== undefined) compare(bench, subject, keep, { engine, guess, seconds });
    }
  } finally {
    await engines.close();
    await simulated.close();
  }
}

/** Starts now and goes on by itself; each result is a promise of its own. */
function inTurn<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R>[] {
  let last: Promise<unknown> = Promise.resolve();
  return items.map((item) => {
    const result = last.then(() => work(item));
    last = result.catch(() => undefined);
    return result;
  });
}

async function jobOf(bench: Bench, subject: Subject, name: string): Promise<EngineJob> {
  const input = { name: subject.input, dtype: "float32", shape: [...subject.shape] } as const;
  const job = jobFor(bench, {
    name: `${subject.name}-${name}`,
    model: { file: subject.file, input: subject.input, shape: subject.shape },
    quantization: { cachePath: subject.cache, ...(bench.placement === undefined ? {} : { placement: bench.placement }) },
    validation: await openFeeds({ kind: "data", path: subject.pictures }, [input], bench.effects, 512),
  });
  const { referencePlan: plan } = bench;
  return {
    ...job,
    ...(plan === undefined ? {} : { plans: { reference: { path: plan, shownAs: plan } } }),
    tensorrt: { ...job.tensorrt, optimizationLevel: bench.level ?? 1 },
  };
}

/** `--order FILE`: JSON of unit ids, the first of which are kept; the model's own order without it. Units that a placement does not have are passed over. */
function orderOf({ order }: Bench, lane: PreparedLane): string[] {
  const ids = lane.units.map(({ id }) => id);
  if (order === undefined) return ids;
  const wanted: string[] = JSON.parse(readFileSync(order, "utf8"));
  const known = wanted.filter((id) => ids.includes(id));
  if (known.length < wanted.length / 2)
    throw new Error(`--order names units that the lane does not have, such as ${wanted.find((id) => !ids.includes(id))}`);
  return known;
}

/** Of one sample: sums of squares of the reference and of the difference. */
interface Energy {
  readonly signal: number;
  readonly error: number;
}
/** `score` where the output is a probability. */
interface Energies {
  readonly output: Energy[];
  readonly score: Energy[];
  readonly engine: Engine;
}

async function energiesOf(lane: PreparedLane, keep: ReadonlySet<string>): Promise<Energies> {
  const engine = await lane.build({ keep });
  const energies: Energies = { output: [], score: [], engine };
  for await (const { tensor, reference, candidate } of engine.outputs(Array.from({ length: lane.sampleCount }, (_, i) => i))) {
    if (tensor !== lane.outputs[0] || reference === undefined || candidate === undefined) continue;
    const [r, c] = [Float64Array.from(reference.data, Number), Float64Array.from(candidate.data, Number)];
    energies.output.push(energyOf(r, c));
    const source = lane.forms.get(tensor)?.score;
    if (source) energies.score.push(energyOf(scoresOf(r, reference.shape, source).values, scoresOf(c, candidate.shape, source).values));
  }
  return energies;
}

const energyOf = (reference: Float64Array, candidate: Float64Array): Energy => {
  let [signal, error] = [0, 0];
  for (const [i, value] of reference.entries()) {
    signal += value ** 2;
    error += (value - (candidate[i] ?? Number.NaN)) ** 2;
  }
  return { signal, error };
};

interface Both {
  readonly engine: Energies;
  readonly guess: Energies;
  readonly seconds: number;
}

function compare(bench: Bench, { name }: Subject, keep: ReadonlySet<string>, { engine, guess, seconds }: Both): void {
  const { recorder } = bench;
  const placed = bench.placement === undefined ? "" : `, ${bench.placement}`;
  const figures: Record<string, unknown> = { seconds, samples: engine.output.length, int8: engine.engine.facts.int8 };
  for (const what of ["output", "score"] as const) {
    if (engine[what].length === 0 || engine[what].length !== guess[what].length) continue;
    const all = engine[what].map((_, i) => i);
    const [engineDb, simulateDb] = [decibelsOf(engine[what], all), decibelsOf(guess[what], all)];
    const interval = intervalOf(engine[what], guess[what]);
    figures[what] = { engineDb, simulateDb, differenceDb: engineDb - simulateDb, interval, worstShare: worstShare(guess[what]) };
    recorder.check(
      "simulate",
      `${name}${placed}, ${keep.size} kept, ${what}: engine minus simulate, dB`,
      Math.abs(engineDb - simulateDb) <= withinDb,
      { differenceDb: engineDb - simulateDb, engineDb, simulateDb, interval },
      `at most ${withinDb}`,
    );
  }
  recorder.record.figures[`simulate: ${name}${placed}, ${keep.size} kept`] = figures;
  recorder.save();
}

function decibelsOf(energies: readonly Energy[], picked: readonly number[]): number {
  let [signal, error] = [0, 0];
  for (const i of picked) {
    signal += energies[i]?.signal ?? 0;
    error += energies[i]?.error ?? 0;
  }
  return 10 * Math.log10(signal / error);
}

/** Of the difference in dB, nine times of ten, by resampling the samples of both sides together. */
function intervalOf(engine: readonly Energy[], guess: readonly Energy[]): readonly [number, number] {
  const random = seededRandom(1);
  const drawn = Array.from({ length: 400 }, () => {
    const picked = engine.map(() => Math.floor(random() * engine.length));
    return decibelsOf(engine, picked) - decibelsOf(guess, picked);
  }).toSorted((a, b) => a - b);
  return [drawn[20] ?? Number.NaN, drawn[379] ?? Number.NaN];
}

/** Part of the error that one sample carries. */
const worstShare = (energies: readonly Energy[]): number => {
  const errors = energies.map(({ error }) => error);
  return Math.max(...errors) / errors.reduce((sum, one) => sum + one, 0);
};
