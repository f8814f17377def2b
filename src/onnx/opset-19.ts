/**
 * Raises a Q/DQ network from opset 13 or newer to 19, the first in which QuantizeLinear and DequantizeLinear take half scales.
 * On the way Reduce* (axes became an input in 18) and Split (`num_outputs` since 18) changed their form, and RoiAlign (16) its default of where a pixel lies.
 */
import type { TensorProto } from "./gen/onnx-ml_pb.js";
import { int64Tensor, intAttr, intsAttribute, isStandard, type NodeProto, stringAttr, withFields } from "./model.ts";
import { type Network, opsetOf } from "./network.ts";

const wanted = 19;
const reduces: ReadonlySet<string> = new Set([
  "ReduceMean",
  "ReduceMax",
  "ReduceMin",
  "ReduceProd",
  "ReduceL1",
  "ReduceL2",
  "ReduceLogSum",
  "ReduceLogSumExp",
  "ReduceSumSquare",
]);

/** The very same network where its opset is 19 or newer. */
export function raiseForHalfQdq(network: Network): Network {
  const opset = opsetOf(network);
  if (opset >= wanted) return network;
  const constants = new Map<string, TensorProto>(network.constants);
  const nodes = network.nodes.map((node) => {
    if (!isStandard(node) || opset >= 18) return node;
    if (node.opType === "RoiAlign" && opset < 16) return withOldPixels(node);
    if (reduces.has(node.opType)) return axesAsInput(node, constants);
    if (node.opType === "Split" && node.input.length < 2)
      return withFields(node, { attribute: [...node.attribute, intAttr("num_outputs", node.output.length)] });
    return node;
  });
  return {
    ...network,
    nodes,
    constants,
    opsets: new Map([...network.opsets, ["", wanted]]),
    irVersion: network.irVersion > 9n ? network.irVersion : 9n,
  };
}

/** Before 16 RoiAlign had no choice, and did not shift by half a pixel. */
function withOldPixels(node: NodeProto): NodeProto {
  const name = "coordinate_transformation_mode";
  if (node.attribute.some((one) => one.name === name)) return node;
  return withFields(node, { attribute: [...node.attribute, stringAttr(name, "output_half_pixel")] });
}

function axesAsInput(node: NodeProto, constants: Map<string, TensorProto>): NodeProto {
  const axes = intsAttribute(node, "axes");
  if (axes === undefined) return node;
  const name = `trt_gate_axes_${constants.size}`;
  constants.set(name, int64Tensor(name, axes));
  return withFields(node, { input: [node.input[0] ?? "", name], attribute: node.attribute.filter((one) => one.name !== "axes") });
}
