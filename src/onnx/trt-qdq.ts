/** The Q/DQ operators that ModelOpt and TensorRT write in their own domain, as ones that ONNX Runtime has and that compute the same. */
import { create } from "@bufbuild/protobuf";
import { TensorProtoSchema } from "./gen/onnx-ml_pb.js";
import { DataType, makeNode, type NodeProto } from "./model.ts";
import { type Network, opsetOf } from "./network.ts";
import { raiseOpset } from "./opset.ts";
import { raiseForHalfQdq } from "./opset-19.ts";
import { isDequantize, isQuantize } from "./qdq.ts";
import { networkNames } from "./unique-names.ts";

const isOwn = (node: NodeProto): boolean => node.domain === "trt" && (isQuantize(node) || isDequantize(node));
const isFp8 = (node: NodeProto): boolean => isOwn(node) && node.opType.startsWith("TRT_FP8");

/** The network itself where it has none of them. FP8 is standard from opset 19 on (ConfigError where it cannot be raised); ONNX Runtime's own domain has the integers for every opset. */
export function withoutTrtOperators(network: Network): Network {
  if (!network.nodes.some(isOwn)) return network;
  const raised = network.nodes.some(isFp8) ? raiseForHalfQdq(opsetOf(network) < 13 ? raiseOpset(network, 13) : network) : network;
  const name = networkNames(raised)("trt_gate:fp8_zero");
  const zero = create(TensorProtoSchema, { name, dims: [], dataType: DataType.FLOAT8E4M3FN, rawData: new Uint8Array(1) });
  return {
    ...raised,
    constants: new Map([...raised.constants, [name, zero]]),
    opsets: new Map([...raised.opsets, ["com.microsoft", 1]]),
    nodes: raised.nodes.map((node) => (isOwn(node) ? standardNode(node, name) : node)),
  };
}

/** `fp8Zero`: name of a zero point of type FLOAT8E4M3FN, which says what an FP8 node quantises to. */
function standardNode(node: NodeProto, fp8Zero: string): NodeProto {
  const { name, output, attribute } = node;
  const opType = isQuantize(node) ? "QuantizeLinear" : "DequantizeLinear";
  if (!isFp8(node)) return makeNode({ opType, name, domain: "com.microsoft", input: node.input, output, attribute });
  const input = [...node.input.slice(0, 2), fp8Zero];
  return makeNode({ opType, name, input, output, attribute: attribute.filter((one) => one.name === "axis") });
}
