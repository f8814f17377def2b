/** A further model of another kind in both lanes, on pictures cut to its input; its scales come from calibrating on the GPU through a loader script. */
import { mkdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { writeNpz } from "../src/formats/write-npz.ts";
import type { TensorData } from "../src/model/tensor.ts";
import { modelInputs } from "../src/onnx/inputs.ts";
import { readModel } from "../src/onnx/read.ts";
import { openFeeds } from "../src/samples/feeds.ts";
import { type Bench, type BenchModel, clsFeeds, models } from "./bench.ts";
import { runLane } from "./lanes-stage.ts";

const calibrationSamples = 8;
const validationSamples = 4;

export const secondStage =
  (lane: "implicit" | "explicit") =>
  async (bench: Bench): Promise<void> => {
    const model = await secondModel(bench);
    const folder = join(bench.folder, `second-${lane}`);
    mkdirSync(folder, { recursive: true });
    const pictures = await recordedPictures(bench);
    const feedsOf = async (name: string, first: number, count: number) => {
      const path = join(folder, `${name}.npz`);
      writeFileSync(path, writeNpz([{ name: model.input, dtype: "float32", ...cut(pictures, model.shape, first, count) }]));
      const feeds = await openFeeds(
        { kind: "data", path },
        [{ name: model.input, dtype: "float32", shape: [...model.shape] }],
        bench.effects,
      );
      return { path, feeds };
    };
    const calibration = await feedsOf("calibration", 0, calibrationSamples);
    const { feeds: validation } = await feedsOf("validation", calibrationSamples, validationSamples);
    const loaderPath = join(folder, "loader.py");
    writeFileSync(loaderPath, loaderScript(calibration.path, model.input));
    const quantization = lane === "implicit" ? { loaderPath } : { data: calibration.feeds, algorithm: "minmax" as const };
    try {
      await runLane(bench, lane, { name: `${basename(model.file, ".onnx")}-${lane}`, model, quantization, validation });
    } finally {
      await calibration.feeds.close();
    }
  };

/** The model of `--second`: one float input [1,3,H,W] or [1,H,W,3], an open batch taken as 1. */
async function secondModel({ second, effects }: Bench): Promise<BenchModel> {
  if (second === undefined) throw new Error("this stage needs --second FILE: an ONNX model whose one input is a picture");
  const [input, ...others] = modelInputs(await readModel(second, effects.files));
  const [, ...dims] = input?.dims ?? [];
  const shape = [1, ...dims.filter((dim) => typeof dim === "number")];
  const isPicture = others.length === 0 && input?.dtype === "float32" && shape.length === 4 && (shape[1] === 3 || shape[3] === 3);
  if (input === undefined || !isPicture) throw new Error(`${second} has no single picture of fixed size as its input`);
  return { file: second, input: input.name, shape };
}

async function recordedPictures(bench: Bench): Promise<TensorData[]> {
  const source = await clsFeeds(bench, "calibration", 48);
  const pictures: TensorData[] = [];
  for (let i = 0; i < source.count; i++) pictures.push((await source.feed(i)).get(models.cls.input)?.data ?? new Float32Array());
  await source.close();
  return pictures;
}

/** The recorded 48x192 pictures laid side by side until `shape` is full, every sample from another picture on. Data and shape of all samples. */
function cut(pictures: readonly TensorData[], shape: readonly number[], first: number, count: number) {
  const isChannelsLast = shape[1] !== 3;
  const [, height = 0, width = 0] = isChannelsLast ? shape : [1, shape[2], shape[3]];
  const size = 3 * height * width;
  const data = new Float32Array(count * size);
  for (let sample = 0; sample < count; sample++)
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++) {
        const picture = pictures[((first + sample) * 7 + Math.floor(y / 48) * 2 + Math.floor(x / 192)) % pictures.length];
        for (let c = 0; c < 3; c++) {
          const at = isChannelsLast ? (y * width + x) * 3 + c : (c * height + y) * width + x;
          data[sample * size + at] = Number(picture?.[(c * 48 + (y % 48)) * 192 + (x % 192)] ?? 0);
        }
      }
  return { data, shape: [count, ...shape.slice(1)] };
}

const loaderScript = (npz: string, input: string) => `import numpy as np

def load_data():
    name = ${JSON.stringify(input)}
    for picture in np.load(${JSON.stringify(npz)})[name]:
        yield {name: picture[None]}
`;
