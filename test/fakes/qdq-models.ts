/** Q/DQ models of the recorded classifier: as insertQdq makes them, and with one scale for each weight as older exporters wrote them. */
import { parseCache } from "../../src/calibration/cache.ts";
import type { Files } from "../../src/effects/effects.ts";
import { floatValues } from "../../src/onnx/constants.ts";
import { encodeModel, insertQdq } from "../../src/onnx/edit.ts";
import { floatTensor, int8Tensor, type OnnxModel, tensorShape } from "../../src/onnx/model.ts";
import { channelLayout, quantizeWeights, weightScales } from "../../src/onnx/quantize.ts";
import { readModel } from "../../src/onnx/read.ts";

/** The float model with every BatchNormalization taken into its convolution, so that its weights are those that were quantised. */
export const foldedBytes = async (model: string, files: Files): Promise<Uint8Array> =>
  encodeModel((await insertQdq(await readModel(model, files), new Map(), files)).model);

export async function qdqBytes(model: string, cache: string, weights: "per-channel" | "per-tensor", files: Files): Promise<Uint8Array> {
  const { scales } = parseCache(await files.readText(cache), cache);
  const inserted = await insertQdq(await readModel(model, files), scales, files);
  if (weights === "per-tensor") await toPerTensor(inserted.model, files);
  return encodeModel(inserted.model);
}

/** Quantises every weight again, from its dequantised values, with amax / 127 of the whole tensor. */
async function toPerTensor({ graph, folder }: OnnxModel, files: Files): Promise<void> {
  const constants = new Map(graph.initializer.map((tensor) => [tensor.name, tensor]));
  for (const node of graph.node.filter(({ name }) => /_axis\d*_DequantizeLinear$/.test(name))) {
    const [quantized = "", scale = "", zero = ""] = node.input;
    const [levels, channelScales] = [constants.get(quantized), constants.get(scale)];
    if (levels === undefined || channelScales === undefined) throw new Error(`${node.name} reads no constants`);
    const shape = tensorShape(levels);
    const axis = Number(node.attribute.find(({ name }) => name === "axis")?.i ?? 0);
    const layout = channelLayout(shape, axis);
    const factors = await floatValues(channelScales, folder, files);
    const values = Float32Array.from(
      new Int8Array(levels.rawData),
      (level, i) => level * (factors[Math.floor(i / layout.inner) % layout.channels] ?? Number.NaN),
    );
    const whole = channelLayout(shape, undefined);
    const one = weightScales(values, whole);
    constants.set(quantized, int8Tensor(quantized, shape, quantizeWeights(values, one, whole)));
    constants.set(scale, floatTensor(scale, [], one));
    constants.set(zero, int8Tensor(zero, [], new Int8Array(1)));
    node.attribute = [];
  }
  graph.initializer = [...constants.values()];
}
