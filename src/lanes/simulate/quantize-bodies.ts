/**
 * Quantises compute nodes inside bodies of If, Loop and Scan where every activation has a scale. They are no units: a body runs as one,
 * so a search cannot keep its nodes apart, and their error stays whatever is kept.
 */

import type { Effects } from "../../effects/effects.ts";
import type { BodyCoverage } from "../../model/lane.ts";
import { type BodyProduct, bodyProducts } from "../../onnx/bodies.ts";
import { elementsOf, floatValues, isFloatTensor } from "../../onnx/constants.ts";
import { DataType, floatTensor, int8Tensor, makeNode, type NodeProto, rewire, type TensorProto, tensorShape } from "../../onnx/model.ts";
import { mapNodes, type Network } from "../../onnx/network.ts";
import { channelLayout, fakeQuantizeWeights, weightScales } from "../../onnx/quantize.ts";
import { channelAxis } from "../../onnx/units.ts";
import type { WeightFile } from "../../onnx/weight-file.ts";

/** `coverage` is undefined where there are no such nodes. */
export async function quantizeBodies(
  network: Network,
  scales: ReadonlyMap<string, number>,
  { weights, effects }: { readonly weights: WeightFile; readonly effects: Effects },
): Promise<{ readonly network: Network; readonly coverage: BodyCoverage | undefined }> {
  const products = bodyProducts(network);
  if (products.length === 0) return { network, coverage: undefined };
  const constants = new Map(network.constants);
  const replaced = new Map<NodeProto, NodeProto[]>();
  for (const product of products)
    if (!product.isAmbiguous && product.inputs.every((name) => scales.has(name)))
      replaced.set(
        product.node,
        await quantized(product, { constants, scales, weights, effects, folder: network.folder, number: replaced.size }),
      );
  const nodes = mapNodes(network.nodes, (node) => replaced.get(node));
  const quantizedLabels = products.filter(({ node }) => replaced.has(node)).map(({ label }) => label);
  const float = products.filter(({ node }) => !replaced.has(node)).map(({ label }) => label);
  return { network: { ...network, nodes, constants }, coverage: { total: products.length, quantized: quantizedLabels, float } };
}

interface Work {
  readonly constants: Map<string, TensorProto>;
  readonly scales: ReadonlyMap<string, number>;
  readonly weights: WeightFile;
  readonly effects: Effects;
  readonly folder: string;
  /** Keeps names apart. */
  readonly number: number;
}

async function quantized({ node, inputs, weights: held }: BodyProduct, work: Work): Promise<NodeProto[]> {
  const input = [...node.input];
  const pairs: NodeProto[] = [];
  const zero = "trt_gate:zero";
  work.constants.set(zero, int8Tensor(zero, [], new Int8Array(1)));
  for (const name of inputs) {
    const [scale, middle, output] = ["scale", "q", "dq"].map((what) => `trt_gate:body${work.number}:${what}:${name}`) as [
      string,
      string,
      string,
    ];
    work.constants.set(scale, floatTensor(scale, [], Float32Array.of(work.scales.get(name) ?? Number.NaN)));
    pairs.push(
      makeNode({ opType: "QuantizeLinear", domain: "com.microsoft", input: [name, scale, zero], output: [middle] }),
      makeNode({ opType: "DequantizeLinear", domain: "com.microsoft", input: [middle, scale, zero], output: [output] }),
    );
    for (const slot of [0, 1]) if (node.input[slot] === name) input[slot] = output;
  }
  for (const [slot, weight] of held) if (isFloatTensor(weight)) input[slot] = await quantizedWeight(node, slot, { weight, work });
  return [...pairs, rewire(node, { input })];
}

async function quantizedWeight(node: NodeProto, slot: number, { weight, work }: { weight: TensorProto; work: Work }): Promise<string> {
  const shape = tensorShape(weight);
  const layout = channelLayout(shape, channelAxis(node, slot, shape.length));
  const name = `trt_gate:body${work.number}:w${slot}`;
  const produce = async () => {
    const values = await floatValues(weight, work.folder, work.effects.files);
    return new Uint8Array(fakeQuantizeWeights(values, weightScales(values, layout), layout).buffer);
  };
  const place = { name, shape, dataType: DataType.FLOAT, sizeBytes: 4 * elementsOf(weight), produce };
  work.constants.set(name, await work.weights.place(place));
  return name;
}
