/** Pictures for real models: crops of photographs, tiled to any size, with letters drawn over them where a model looks for text. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Log } from "../src/effects/effects.ts";
import { realEffects } from "../src/effects/real.ts";
import { seededRandom } from "../src/measure/random.ts";
import type { FeedSource } from "../src/model/job.ts";
import { openFeeds } from "../src/samples/feeds.ts";

export const recordings = fileURLToPath(new URL("../test/fixtures/tensorrt-8.6.1-h100", import.meta.url));
const [cropHeight, cropWidth] = [48, 192];

/** 3x48x192 each, values in -1..1. */
export async function readCrops(): Promise<readonly Float32Array[]> {
  const input = { name: "x", dtype: "float32", shape: [1, 3, cropHeight, cropWidth] } as const;
  const crops: Float32Array[] = [];
  for (const name of ["calibration.npz", "validation.npz"]) {
    const effects = realEffects({ env: process.env, cwd: recordings, log: silentLog, cancelled: new AbortController().signal });
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

export interface Picture {
  /** N = 1. */
  readonly shape: readonly [number, number, number, number];
  readonly text: boolean;
}

/** Pictures of any size, tiled from the crops; each begins with another crop and carries another text. */
export function picturesOf(crops: readonly Float32Array[], { shape, text }: Picture, count: number): Float32Array[] {
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

const nothing = () => {};
export const silentLog: Log = {
  info: nothing,
  notice: nothing,
  warning: nothing,
  error: nothing,
  debug: nothing,
  group: (_, body) => body(),
  progress: nothing,
};

/** One of any number of different pictures of one kind: two crops blended, shifted, mirrored, with another contrast. The same seed gives the same picture. */
export function variedPicture(crops: readonly Float32Array[], { shape, channelsLast, text }: Varied, seed: number): Float32Array {
  const [height, width] = channelsLast ? [shape[1], shape[2]] : [shape[2], shape[3]];
  const random = seededRandom(Math.imul(seed + 1, 0x9e3779b1));
  const pick = () => crops[Math.floor(random() * crops.length)] ?? new Float32Array(3 * cropHeight * cropWidth);
  const [one, two, share, gain, offset] = [pick(), pick(), random() / 2, 0.5 + random(), (random() - 0.5) * 0.4];
  const [dx, dy, isMirrored] = [Math.floor(random() * cropWidth), Math.floor(random() * cropHeight), random() < 0.5];
  const start = random() * 1000;
  const result = new Float32Array(3 * height * width);
  for (let c = 0; c < 3; c++)
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) {
        const row = (c * cropHeight + ((y + dy) % cropHeight)) * cropWidth;
        const column = (x + dx) % cropWidth;
        const value = (1 - share) * (one[row + (isMirrored ? cropWidth - 1 - column : column)] ?? 0) + share * (two[row + column] ?? 0);
        const clipped = Math.max(-1, Math.min(1, value * gain + offset));
        const written = text && isInk(x, y, start) ? -1 : text ? 0.6 + 0.4 * clipped : clipped;
        result[channelsLast ? (y * width + x) * 3 + c : (c * height + y) * width + x] = written;
      }
  return result;
}

export interface Varied {
  /** N = 1 and three channels. */
  readonly shape: readonly [number, number, number, number];
  readonly channelsLast: boolean;
  readonly text: boolean;
}

/** Varied pictures as samples of one input; `from`: the first one's seed. */
export const picturesSource = (
  crops: readonly Float32Array[],
  varied: Varied,
  { input, from, count }: { readonly input: string; readonly from: number; readonly count: number },
): FeedSource => ({
  description: `${count} pictures`,
  count,
  feed: async (index) =>
    new Map([[input, { name: input, dtype: "float32", shape: varied.shape, data: variedPicture(crops, varied, from + index) }]]),
  close: async () => {},
});
