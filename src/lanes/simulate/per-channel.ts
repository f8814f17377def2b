/**
 * The same Q/DQ model with weights quantised per output channel instead of per tensor; activations keep their scales and zero points.
 * Answers by how much that would help; it is never the candidate that a verdict is about.
 */
import type { Files } from "../../effects/effects.ts";
import { elementsOf, floatValues, isFloatTensor } from "../../onnx/constants.ts";
import { floatTensor, type NodeProto, rewire, tensorShape } from "../../onnx/model.ts";
import { producers } from "../../onnx/network.ts";
import { isDequantize } from "../../onnx/qdq.ts";
import { channelLayout, fakeQuantizeWeights, weightScales } from "../../onnx/quantize.ts";
import { channelAxis } from "../../onnx/units.ts";
import type { Candidate, Variant } from "./candidate.ts";

/** Undefined where no weight has one scale for all its channels, or where the float weights are not known. */
export async function perChannelWeights(candidate: Candidate, files: Files): Promise<Candidate | undefined> {
  const { network } = candidate;
  const makers = producers(network.nodes);
  const constants = new Map(network.constants);
  const replaced = new Map<NodeProto, NodeProto>();
  const variants = new Map<string, Variant>();
  for (const [id, variant] of candidate.variants) {
    const input = [...variant.quantizedInputs];
    for (const [slot, name] of input.slice(0, 2).entries()) {
      const weight = network.constants.get(variant.floatInputs[slot] ?? "");
      const dequantize = makers.get(name);
      if (weight === undefined || dequantize === undefined || !isPerTensor(candidate, dequantize) || !isFloatTensor(weight)) continue;
      const shape = tensorShape(weight);
      const axis = channelAxis(variant.node, slot, shape.length);
      if (axis === undefined) continue;
      const layout = channelLayout(shape, axis);
      const values = await floatValues(weight, network.folder, files);
      const own = `trt_gate:w${axis}:${weight.name}`;
      constants.set(own, floatTensor(own, shape, fakeQuantizeWeights(values, weightScales(values, layout), layout)));
      input[slot] = own;
    }
    const node = rewire(variant.node, { input });
    replaced.set(variant.node, node);
    variants.set(id, { ...variant, node, quantizedInputs: input });
  }
  if (constants.size === network.constants.size) return undefined;
  const nodes = network.nodes.map((node) => replaced.get(node) ?? node);
  return { ...candidate, network: { ...network, nodes, constants }, variants };
}

function isPerTensor({ network }: Candidate, node: NodeProto): boolean {
  const scale = network.constants.get(node.input[1] ?? "");
  return isDequantize(node) && scale !== undefined && elementsOf(scale) === 1;
}
