/**
 * Many samples of real models, measured one by one in the simulate lane: what the intervals are tried on. Pictures are drawn from recorded crops: two of them
 * blended, mirrored, shifted, with another contrast. Sums of each sample are kept in a file, so that a second run takes no time.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { realEffects } from "../src/effects/real.ts";
import { prepareSimulate } from "../src/lanes/simulate/simulate.ts";
import { accumulate } from "../src/measure/accumulate.ts";
import { accumulateAgreement } from "../src/measure/agreement.ts";
import { pairOfNumbers } from "../src/measure/numbers.ts";
import { seededRandom } from "../src/measure/random.ts";
import { emptySums, type Sums } from "../src/measure/sums.ts";
import type { FeedSource } from "../src/model/job.ts";
import { readCrops, silentLog } from "./pictures.ts";

const [cropHeight, cropWidth] = [48, 192];

export interface IntervalCase {
  readonly key: string;
  readonly file: string;
  readonly input: string;
  /** N = 1, channels before or behind the picture. */
  readonly shape: readonly [number, number, number, number];
  /** Strokes like letters over the picture, for a model that looks for text and gives next to nothing without. */
  readonly text?: boolean;
}

/** Sums of the first output of `count` samples, in order. */
export async function sampleSums({ key, file, input, shape, text = false }: IntervalCase, count: number): Promise<Sums[]> {
  const folder = await mkdtemp(join(tmpdir(), `intervals-${key}-`));
  const effects = realEffects({ env: process.env, cwd: folder, log: silentLog, cancelled: new AbortController().signal });
  const crops = await readCrops();
  const source = (seed: number, samples: number): FeedSource => ({
    description: `${samples} pictures`,
    count: samples,
    feed: async (index) =>
      new Map([[input, { name: input, dtype: "float32", shape, data: picture(crops, { shape, text }, seed + index) }]]),
    close: async () => {},
  });
  const lane = await prepareSimulate({
    name: key,
    modelPath: file,
    quantization: { data: source(1_000_000, 32), algorithm: "minmax", percentile: 99.999 },
    validation: source(0, count),
    deadlineMs: Number.POSITIVE_INFINITY,
    effects,
    shapes: new Map([[input, { min: shape, opt: shape, max: shape }]]),
  });
  const engine = await lane.build({ keep: new Set() });
  const [first] = lane.outputs;
  const all: Sums[] = [];
  for await (const { tensor, reference, candidate } of engine.outputs(Array.from({ length: count }, (_, i) => i))) {
    if (tensor !== first || !reference || !candidate) continue;
    const sums = emptySums();
    const [r, c] = pairOfNumbers(reference.data, candidate.data);
    accumulate(sums, r, c, r.length, { atol: 1e-5, rtol: 1e-5 });
    accumulateAgreement(sums, r, c, reference.shape, 5);
    all.push(sums);
  }
  await lane.close();
  await effects.dispose();
  await rm(folder, { recursive: true, force: true });
  return all;
}

/** The `index`-th picture of any size; the same index gives the same picture. */
function picture(
  crops: readonly Float32Array[],
  { shape, text }: Pick<IntervalCase, "shape"> & { text: boolean },
  index: number,
): Float32Array {
  const isLast = shape[3] === 3;
  const [channels, height, width] = isLast ? [shape[3], shape[1], shape[2]] : [shape[1], shape[2], shape[3]];
  const random = seededRandom(index * 2_654_435_761);
  const pick = () => crops[Math.floor(random() * crops.length)] ?? new Float32Array(3 * cropHeight * cropWidth);
  const [one, two, share, gain, offset] = [pick(), pick(), random() * 0.5, 0.5 + random(), (random() - 0.5) * 0.4];
  const [dx, dy, isMirrored] = [Math.floor(random() * cropWidth), Math.floor(random() * cropHeight), random() < 0.5];
  const result = new Float32Array(channels * height * width);
  for (let c = 0; c < channels; c++)
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) {
        const row = (c * cropHeight + ((y + dy) % cropHeight)) * cropWidth;
        const column = (x + dx) % cropWidth;
        const value = (1 - share) * (one[row + (isMirrored ? cropWidth - 1 - column : column)] ?? 0) + share * (two[row + column] ?? 0);
        result[isLast ? (y * width + x) * channels + c : (c * height + y) * width + x] = Math.max(-1, Math.min(1, value * gain + offset));
      }
  if (text) drawStrokes(result, [channels, height, width], random);
  return result;
}

/** Dark bars upright and across, in rows as letters stand; how many and how dark is random. */
function drawStrokes(picture: Float32Array, [channels, height, width]: readonly [number, number, number], random: () => number): void {
  const [top, size, ink] = [4 + Math.floor(random() * (height / 2)), 8 + Math.floor(random() * 12), -1 + random() * 0.8];
  for (let left = 4; left + size < width - 4; left += size + 3)
    for (let stroke = 0; stroke < 3; stroke++) {
      const [isUpright, at] = [random() < 0.6, Math.floor(random() * size)];
      for (let along = 0; along < size; along++)
        for (let thick = 0; thick < 2; thick++) {
          const [y, x] = isUpright ? [top + along, left + at + thick] : [top + at + thick, left + along];
          for (let c = 0; c < channels; c++) if (y < height && x < width) picture[(c * height + y) * width + x] = ink;
        }
    }
}
