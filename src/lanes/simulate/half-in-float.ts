/**
 * Runs operators of bfloat16, or of half precision, in float32 and rounds each result back. On the CPU ONNX Runtime has kernels for neither: around half
 * precision it puts such casts by itself, leaves out roundings that it finds superfluous, and refuses some graphs over it. Tensors keep their type and
 * their rounding; sums inside an operator are those of float32.
 */
import { guessedTypes } from "../../onnx/element-types.ts";
import { castNode, DataType, intAttribute, isStandard, type NodeProto, rewire, subgraphs } from "../../onnx/model.ts";
import type { Network } from "../../onnx/network.ts";
import { isDequantize, isQuantize } from "../../onnx/qdq.ts";

/** The network itself where nothing in it is of one of the types. Bodies of If, Loop and Scan stay as they are. */
export function narrowInFloat(network: Network, narrow: readonly number[]): Network {
  if (!mentions(network, narrow)) return network;
  const types = guessedTypes(network);
  const narrowType = (name: string) => {
    const type = types.get(name) ?? 0;
    return narrow.includes(type) ? type : undefined;
  };
  const isPair = (node: NodeProto) => isQuantize(node) || isDequantize(node);
  // Of half precision ONNX Runtime has them, of bfloat16 it has not.
  const hasPairs = !narrow.includes(DataType.BFLOAT16);
  const nodes = network.nodes.flatMap((node, i) => (runs(node) || (hasPairs && isPair(node)) ? [node] : inFloat(node, i, narrowType)));
  return { ...network, nodes };
}

/** True where an input, a constant or a Cast has half precision or bfloat16. */
export const mentionsHalf = (network: Network): boolean => mentions(network, [DataType.FLOAT16, DataType.BFLOAT16]);

/** Nothing but inputs, constants and casts makes such a type. */
const mentions = ({ constants, inputs, nodes }: Network, types: readonly number[]): boolean =>
  inputs.some(({ type }) => type?.value.case === "tensorType" && types.includes(type.value.value.elemType)) ||
  [...constants.values()].some(({ dataType }) => types.includes(dataType)) ||
  nodes.some((node) => node.opType === "Cast" && types.includes(intAttribute(node, "to", 0)));

/** Operators that take the type as it is, or whose values no Cast may touch. */
const running: ReadonlySet<string> = new Set([
  ...["Cast", "CastLike", "Identity", "Shape", "Size", "Optional", "OptionalGetElement", "OptionalHasElement"],
  ...["SplitToSequence", "ConcatFromSequence", "SequenceConstruct", "SequenceInsert", "SequenceErase", "SequenceAt", "SequenceLength"],
]);
const runs = (node: NodeProto): boolean =>
  !(isStandard(node) || isQuantize(node) || isDequantize(node)) || running.has(node.opType) || subgraphs(node).length > 0;

function inFloat(node: NodeProto, number: number, narrowType: (name: string) => number | undefined): NodeProto[] {
  const wide = (what: string, name: string) => `trt_gate:wide${number}:${what}:${name}`;
  const isNarrow = (name: string) => narrowType(name) !== undefined;
  const narrow = (names: readonly string[]) => [...new Set(names.filter(isNarrow))];
  const [read, made] = [narrow(node.input), narrow(node.output)];
  if (read.length === 0 && made.length === 0) return [node];
  const input = node.input.map((name) => (isNarrow(name) ? wide("in", name) : name));
  const output = node.output.map((name) => (isNarrow(name) ? wide("out", name) : name));
  return [
    ...read.map((name) => castNode(name, wide("in", name), DataType.FLOAT)),
    rewire(node, { input, output }),
    ...made.map((name) => castNode(wide("out", name), name, narrowType(name) ?? DataType.FLOAT)),
  ];
}
