/**
 * Raises a Q/DQ network from opset 13 or newer to 19, the first in which QuantizeLinear and DequantizeLinear take half scales.
 * Only Reduce* (axes became an input in 18) and Split (`num_outputs` since 18) changed their form on the way.
 */
import type { TensorProto } from "./gen/onnx-ml_pb.js";
import { int64Tensor, intAttr, intsAttribute, isStandard, type NodeProto, withFields } from "./model.ts";
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

export function raiseForHalfQdq(network: Network): Network {
  const opset = opsetOf(network);
  if (opset >= wanted) return network;
  const constants = new Map<string, TensorProto>(network.constants);
  const nodes = network.nodes.map((node) => {
    if (!isStandard(node) || opset >= 18) return node;
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

function axesAsInput(node: NodeProto, constants: Map<string, TensorProto>): NodeProto {
  const axes = intsAttribute(node, "axes");
  if (axes === undefined) return node;
  const name = `trt_gate_axes_${constants.size}`;
  constants.set(name, int64Tensor(name, axes));
  return withFields(node, { input: [node.input[0] ?? "", name], attribute: node.attribute.filter((one) => one.name !== "axes") });
}
