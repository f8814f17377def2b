/** A further model of another kind, a text detector, in both lanes; its scales come from calibrating on the GPU through a loader script. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { FeedSource } from "../src/lanes/lane.ts";
import type { Tensor, TensorData } from "../src/tensor/tensor.ts";
import { type Bench, clsFeeds, models } from "./bench.ts";
import { runLane } from "./lanes-stage.ts";

const calibrationSamples = 6;
const validationSamples = 4;

export const secondStage =
  (lane: "implicit" | "explicit") =>
  async (bench: Bench): Promise<void> => {
    const source = await clsFeeds(bench, "calibration", 48);
    const pictures = await Promise.all(
      Array.from({ length: source.count }, async (_, i) => (await source.feed(i)).get("x")?.data ?? new Float32Array()),
    );
    await source.close();
    const folder = join(bench.folder, "second-loader");
    mkdirSync(folder, { recursive: true });
    const loaderPath = join(folder, "loader.py");
    // The tiles are the same pictures, so that both lanes and the script see real image content.
    writeFileSync(loaderPath, loaderScript(join(import.meta.dirname, "../test/fixtures/tensorrt-8.6.1-h100/calibration.npz")));
    const validation = tiled(pictures, calibrationSamples, validationSamples);
    const quantization =
      lane === "implicit" ? { loaderPath } : { data: tiled(pictures, 0, calibrationSamples), algorithm: "minmax" as const };
    await runLane(bench, lane, { name: `det-${lane}`, model: "det", quantization, validation });
  };

/** 320x320 pictures tiled from the 48x192 ones: sample i starts at another picture and another offset. */
function tiled(pictures: readonly TensorData[], first: number, count: number): FeedSource {
  const [, channels, height, width] = models.det.shape;
  return {
    description: `${count} tiled pictures`,
    count,
    feed: async (index) => {
      const data = new Float32Array(channels * height * width);
      for (let y = 0; y < height; y++)
        for (let x = 0; x < width; x++) {
          const tile = ((first + index) * 7 + Math.floor(y / 48) * 2 + Math.floor(x / 192)) % pictures.length;
          const picture = pictures[tile];
          for (let c = 0; c < channels; c++)
            data[(c * height + y) * width + x] = Number(picture?.[(c * 48 + (y % 48)) * 192 + (x % 192)] ?? 0);
        }
      const tensor: Tensor = { name: "x", dtype: "float32", shape: [1, channels, height, width], data };
      return new Map([["x", tensor]]);
    },
    close: async () => {},
  };
}

const loaderScript = (npz: string) => `import numpy as np

def load_data():
    pictures = np.load(${JSON.stringify(npz)})["x"]
    for sample in range(${calibrationSamples}):
        image = np.zeros((1, 3, 320, 320), np.float32)
        for row in range(7):
            for column in range(2):
                tile = pictures[(sample * 7 + row * 2 + column) % len(pictures)]
                height, width = min(48, 320 - row * 48), min(192, 320 - column * 192)
                image[0, :, row * 48:row * 48 + height, column * 192:column * 192 + width] = tile[:, :height, :width]
        yield {"x": image}
`;
