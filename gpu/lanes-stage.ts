/** The classifier in both lanes, engine by engine: what rebuilding, repeating, marking and keeping units do on this machine. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { prepareLane } from "../src/lanes/prepare.ts";
import type { BuildFacts, Engine, TensorPair } from "../src/model/engine.ts";
import type { LaneName, PreparedLane } from "../src/model/lane.ts";
import { type Bench, clsFeeds, figures, fixtures, type JobParts, jobFor, models, outputDb } from "./bench.ts";

const all = (lane: PreparedLane) => Array.from({ length: lane.sampleCount }, (_, i) => i);
const plain = { keep: new Set<string>() };

export const classifierStage =
  (lane: LaneName) =>
  async (bench: Bench): Promise<void> => {
    await runLane(bench, lane, {
      name: `cls-${lane}`,
      model: models.cls,
      quantization: { cachePath: join(fixtures, "cls.calibration.cache") },
      validation: await clsFeeds(bench, "validation", 8),
    });
  };

/** Every figure that the report prints of a lane, on one model. `keptShare`: units kept in the second candidate. */
export async function runLane(bench: Bench, wanted: LaneName, parts: JobParts, keptShare = 0.25): Promise<void> {
  const { recorder } = bench;
  const check = (name: string, pass: boolean, figure: unknown, want: string) => recorder.check(parts.name, name, pass, figure, want);
  const builds: BuildFacts[] = [];
  const job = { ...jobFor(bench, parts), onBuild: (facts: BuildFacts) => void builds.push(facts) };
  const { prepared: lane, why } = await prepareLane(wanted, job);
  try {
    check("lane", lane.lane === wanted, `${lane.lane}: ${why}`, wanted);
    const samples = all(lane);
    const engine = await lane.build(plain);
    const first = await kept(engine.outputs(samples));
    const firstDb = outputDb(await figures(lane, replay(first)));
    check("INT8 against FP16, dB", Number.isFinite(firstDb), firstDb, "a finite figure");
    const again = await kept((await lane.build(plain, { fresh: true })).outputs(samples));
    const betweenDb = outputDb(await figures(lane, replay(between(first, again))));
    check("INT8 rebuilt against the first INT8 engine, dB", !Number.isNaN(betweenDb), betweenDb, "measured");
    check("same engine twice is bit-identical", engine.facts.repeatIdentical === true, engine.facts.repeatIdentical ?? null, "true");
    check(
      "INT8 layers in the INT8 engine",
      (engine.facts.executed ?? []).some(({ precision }) => /int8/i.test(precision)),
      countPrecisions(engine),
      "at least one",
    );
    const { pairs, dropped } = await engine.layers(samples);
    const layers = await figures(lane, pairs);
    check(
      "layer tensors measured",
      layers.some(({ role }) => role === "layer"),
      { measured: layers.filter(({ role }) => role === "layer").length, dropped: dropped.length },
      "more than 0",
    );
    const keep = new Set(lane.units.slice(0, Math.ceil(lane.units.length * keptShare)).map(({ id }) => id));
    const keptEngine = await lane.build({ keep });
    const keptDb = outputDb(await figures(lane, keptEngine.outputs(samples)));
    const ignored = keptEngine.facts.ignored ?? [];
    check("kept units do not run in INT8", ignored.length === 0, ignored, "no layer");
    recorder.record.figures[parts.name] = {
      units: lane.units.length,
      firstDb,
      betweenDb,
      kept: keep.size,
      keptDb,
      builds,
      precisions: countPrecisions(engine),
      coverage: lane.coverage,
      networkLayers: lane.networkLayers?.length,
      layers: layers.filter(({ role }) => role === "layer").map(({ tensor, metrics }) => [tensor, metrics.sqnrDb]),
      reproduce: lane.reproduce({ keep }),
    };
    writeFileSync(
      join(recorder.recordings, `${parts.name}.outputs.json`),
      JSON.stringify(
        first.map(({ tensor, sample, reference, candidate }) => ({
          tensor,
          sample,
          reference: small(reference?.data),
          candidate: small(candidate?.data),
        })),
      ),
    );
  } finally {
    await lane.close();
    await parts.validation.close();
    recorder.save();
  }
}

async function kept(pairs: AsyncIterable<TensorPair>): Promise<TensorPair[]> {
  const found: TensorPair[] = [];
  for await (const pair of pairs) found.push(pair);
  return found;
}

const between = (first: readonly TensorPair[], again: readonly TensorPair[]): TensorPair[] =>
  first.map((pair, i) => ({ ...pair, reference: pair.candidate, candidate: again[i]?.candidate }));

async function* replay(pairs: readonly TensorPair[]): AsyncGenerator<TensorPair> {
  yield* pairs;
}

const countPrecisions = ({ facts }: Engine) =>
  Object.fromEntries(
    Object.entries(Object.groupBy(facts.executed ?? [], ({ precision }) => precision || "unknown")).map(([name, layers]) => [
      name,
      layers?.length ?? 0,
    ]),
  );

/** Outputs of a classifier are two numbers; of large outputs only the first are kept. */
const small = (data: ArrayLike<number | bigint> | undefined): number[] | null =>
  data === undefined ? null : Array.from({ length: Math.min(16, data.length) }, (_, i) => Number(data[i]));
