/** The Q/DQ operators that ModelOpt and TensorRT write in their own domain, as ones that ONNX Runtime has and that compute the same. */
import { create } from "@bufbuild/protobuf";
import { ConfigError } from "../effects/failure.ts";
import { TensorProtoSchema } from "./gen/onnx-ml_pb.js";
import { attribute, DataType, makeNode, type NodeProto, nodeLabel } from "./model.ts";
import { type Network, opsetOf } from "./network.ts";
import { raiseOpset } from "./opset.ts";
import { raiseForHalfQdq } from "./opset-19.ts";
import { isDequantize, isQuantize } from "./qdq.ts";
import { networkNames } from "./unique-names.ts";

const isOwn = (node: NodeProto): boolean => node.domain === "trt" && (isQuantize(node) || isDequantize(node));
/** One scale for a block of values, which ONNX Runtime has in the standard form of opset 21 alone. */
const isBlocked = (node: NodeProto): boolean => isOwn(node) && attribute(node, "block_size") !== undefined;
const isFp8 = (node: NodeProto): boolean => isOwn(node) && node.opType.startsWith("TRT_FP8");

/** The network itself where it has none of them. FP8 is standard from opset 19 on, blocks from 21 (ConfigError where it cannot be raised); ONNX Runtime's own domain has the other integers for every opset. */
export function withoutTrtOperators(network: Network): Network {
  if (!network.nodes.some(isOwn)) return network;
  const raised = raisedFor(network);
  const name = networkNames(raised)("trt_gate:fp8_zero");
  const zero = create(TensorProtoSchema, { name, dims: [], dataType: DataType.FLOAT8E4M3FN, rawData: new Uint8Array(1) });
  return {
    ...raised,
    constants: new Map([...raised.constants, [name, zero]]),
    opsets: new Map([...raised.opsets, ["com.microsoft", 1]]),
    nodes: raised.nodes.map((node) => (isOwn(node) ? standardNode(node, name) : node)),
  };
}

function raisedFor(network: Network): Network {
  const blocked = network.nodes.some(isBlocked);
  if (!blocked && !network.nodes.some(isFp8)) return network;
  const raised = raiseForHalfQdq(opsetOf(network) < 13 ? raiseOpset(network, 13) : network);
  if (!blocked || opsetOf(raised) >= 21) return raised;
  const changed = raised.nodes.find(({ opType }) => changedBefore21.has(opType));
  if (changed !== undefined)
    throw new ConfigError(
      `${network.file} has INT4 blocks, which need opset 21, and the ${changed.opType} '${nodeLabel(changed)}', which means something else there. Export the model with opset 21.`,
    );
  return { ...raised, opsets: new Map([...raised.opsets, ["", 21]]), irVersion: raised.irVersion > 10n ? raised.irVersion : 10n };
}

/** Operators that 20 or 21 defined anew; what else has a new version there takes more types. */
const changedBefore21: ReadonlySet<string> = new Set(["GridSample", "DFT", "GroupNormalization"]);

/** `fp8Zero`: name of a zero point of type FLOAT8E4M3FN, which says what an FP8 node quantises to. */
function standardNode(node: NodeProto, fp8Zero: string): NodeProto {
  const { name, output } = node;
  const opType = isQuantize(node) ? "QuantizeLinear" : "DequantizeLinear";
  if (!isFp8(node))
    return makeNode({ opType, name, domain: isBlocked(node) ? "" : "com.microsoft", input: node.input, output, attribute: node.attribute });
  const input = [...node.input.slice(0, 2), fp8Zero];
  return makeNode({ opType, name, input, output, attribute: node.attribute.filter((one) => one.name === "axis") });
}
