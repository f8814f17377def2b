/**
 * TensorRT's dynamic quantisers of blocks (NVFP4, MXFP8) written out as operators that ONNX Runtime has: along the last axis each block finds its scale, and its numbers are
 * rounded to what the type holds, ties to even. Numbers of FP4 are handed on as FP8, which holds them all.
 *
 * Formulas: NVIDIA's TensorRT operator reference, DynamicQuantize, and "Quantization Schemes"; for E8M0 ModelOpt's compute_e8m0, which rounds the exponent up.
 */
import { ToolError } from "../../effects/failure.ts";
import {
  DataType,
  floatTensor,
  int64Tensor,
  intAttr,
  intAttribute,
  makeNode,
  type NodeProto,
  nodeLabel,
  type TensorProto,
} from "../../onnx/model.ts";
import type { Network } from "../../onnx/network.ts";
import { isBlockQuantize } from "../../onnx/qdq.ts";
import { networkNames } from "../../onnx/unique-names.ts";

/** The network itself where it has none. ToolError `quantization-form` for blocks along another axis than the last. */
export function withPlainBlocks(network: Network): Network {
  if (!network.nodes.some(isBlockQuantize)) return network;
  const fresh = networkNames(network);
  const constants = new Map(network.constants);
  const nodes = network.nodes.flatMap((node) => (isBlockQuantize(node) ? writtenOut(node, writer(fresh, constants)) : [node]));
  return { ...network, nodes, constants };
}

const largest = { fp8: 448, fp4: 6 };

function writtenOut(node: NodeProto, write: Writer): NodeProto[] {
  const [input = "", double = ""] = node.input;
  const [numbers = "", scales = ""] = node.output;
  const block = intAttribute(node, "block_size", 0);
  if (intAttribute(node, "axis", -1) !== -1 || block < 1)
    throw new ToolError(
      "quantization-form",
      `The quantiser '${nodeLabel(node)}' does not have its blocks along the last axis (-1), and others are not simulated. Use the lane explicit, or export it with axis -1.`,
    );
  const { op, cast, number, shape } = write;
  const whole = cast(input, DataType.FLOAT);
  const blocks = op("Reshape", [whole, shape([-1, block])]);
  const magnitude = op("ReduceMax", [op("Abs", [blocks]), shape([1])]);
  const { factor, stored } = node.opType === "TRT_FP4DynamicQuantize" ? fp4Scale(write, magnitude, double) : mxfp8Scale(write, magnitude);
  // A block that is all zero keeps its zeros.
  const divisor = op("Where", [op("Equal", [factor, number(0)]), number(1), factor]);
  const ratio = op("Div", [blocks, divisor]);
  const rounded = node.opType === "TRT_FP4DynamicQuantize" ? toFp4(write, ratio) : ratio;
  const sizes = op("Shape", [whole]);
  write.last("Reshape", [cast(rounded, DataType.FLOAT8E4M3FN), sizes], numbers);
  const outer = op("Slice", [sizes, shape([0]), shape([-1])]);
  write.last("Reshape", [stored, op("Concat", [outer, shape([-1])], [intAttr("axis", 0)])], scales);
  return write.nodes;
}

/** Scale of a block: its magnitude over 6 and the tensor's own scale, in FP8, times that scale. Stored without it. */
function fp4Scale({ op, cast, number }: Writer, magnitude: string, double: string) {
  const whole = cast(double, DataType.FLOAT);
  const wanted = op("Div", [magnitude, op("Mul", [number(largest.fp4), whole])]);
  const stored = cast(op("Min", [wanted, number(largest.fp8)]), DataType.FLOAT8E4M3FN);
  return { stored, factor: op("Mul", [cast(stored, DataType.FLOAT), whole]) };
}

/** The least power of two that brings the magnitude into FP8, from 2^-127 on. A logarithm may miss by one step: both neighbours are asked. */
function mxfp8Scale({ op, number }: Writer, magnitude: string) {
  const log2 = op("Div", [op("Log", [op("Div", [magnitude, number(largest.fp8)])]), number(Math.LN2)]);
  const guess = op("Pow", [number(2), op("Max", [op("Ceil", [log2]), number(-126)])]);
  const holds = (scale: string) => op("LessOrEqual", [magnitude, op("Mul", [scale, number(largest.fp8)])]);
  const half = op("Mul", [guess, number(0.5)]);
  const factor = op("Where", [holds(half), half, op("Where", [holds(guess), guess, op("Mul", [guess, number(2)])])]);
  return { stored: factor, factor };
}

/** E2M1 has steps of 0.5 below 2, of 1 below 4 and of 2 up to 6, where it ends. */
function toFp4({ op, number }: Writer, ratio: string): string {
  const size = op("Min", [op("Abs", [ratio]), number(largest.fp4)]);
  const below = (limit: number) => op("Less", [size, number(limit)]);
  const step = op("Where", [below(2), number(0.5), op("Where", [below(4), number(1), number(2)])]);
  return op("Mul", [op("Sign", [ratio]), op("Mul", [op("Round", [op("Div", [size, step])]), step])]);
}

type Writer = ReturnType<typeof writer>;

/** Collects nodes; each function gives the name of what it makes. */
function writer(fresh: (wanted: string) => string, constants: Map<string, TensorProto>) {
  const nodes: NodeProto[] = [];
  const last = (opType: string, input: readonly string[], output: string, attribute: NodeProto["attribute"] = []): string => {
    nodes.push(makeNode({ opType, input, output: [output], attribute }));
    return output;
  };
  const op = (opType: string, input: readonly string[], attribute: NodeProto["attribute"] = []): string =>
    last(opType, input, fresh(`trt_gate:block:${opType}`), attribute);
  const constant = (tensor: TensorProto): string => {
    constants.set(tensor.name, tensor);
    return tensor.name;
  };
  return {
    nodes,
    last,
    op,
    cast: (name: string, to: number): string => op("Cast", [name], [intAttr("to", to)]),
    number: (value: number): string => constant(floatTensor(fresh("trt_gate:block:number"), [], Float32Array.of(value))),
    shape: (values: readonly number[]): string => constant(int64Tensor(fresh("trt_gate:block:shape"), values)),
  };
}
