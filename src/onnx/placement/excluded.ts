/** Convolutions and matrix products that run slower quantised than not: few channels, narrow products, products with a vector, very long attention. */
import { type GraphProto, intAttribute, intsAttribute, type NodeProto } from "../model.ts";
import { type GraphView, opOf, viewGraph } from "./graph-view.ts";
import { attentionProducts } from "./patterns.ts";

/** Sizes of tensors for one sample, constants included; what is unknown excludes nothing. */
export type Shapes = (name: string) => readonly number[] | undefined;

/** Below this a tensor core runs half empty. */
const fewest = 16;
const longestAttention = 512;

/**
 * Ids of compute nodes (`<op type>:<output>`) that ModelOpt leaves in float for their size. Products count by their sizes at run time,
 * convolutions by their weights, also where weights are computed.
 */
export function tooSmall(graph: GraphProto, shapes: Shapes): Set<string> {
  const view = viewGraph(graph);
  const small = view.nodes.filter((node) =>
    opOf(node) === "Conv"
      ? !paysOff(view, node, shapes(node.input[1] ?? ""))
      : /^(MatMul|Gemm)$/.test(opOf(node)) && isSmall(view, node, shapes),
  );
  const long = attentionProducts(view).filter(([{ input }]) => (shapes(input[1] ?? "")?.at(-1) ?? 0) > longestAttention);
  return new Set([...small, ...long.flat()].map(nodeId));
}

/** Tensors whose sizes `tooSmall` asks for. */
export const sizedTensors = (graph: GraphProto): string[] =>
  graph.node.flatMap((node) =>
    opOf(node) === "Conv" ? [node.input[1] ?? ""] : /^(MatMul|Gemm)$/.test(opOf(node)) ? [node.output[0] ?? "", node.input[1] ?? ""] : [],
  );

/** Unique in a graph: its first output is. Empty behind the colon for a node without outputs. */
export const nodeId = (node: NodeProto): string => `${node.opType}:${node.output[0] ?? ""}`;

function isSmall(view: GraphView, node: NodeProto, shapes: Shapes): boolean {
  const [, right = ""] = node.input;
  const output = shapes(node.output[0] ?? "");
  if (output === undefined) return false;
  const ofActivations = node.input.every((name) => !view.initializers.has(name));
  const isVector = ofActivations
    ? output.length < 2 || output.at(-1) === 1 || output.at(-2) === 1
    : output.length < 3 && output.includes(1);
  if (isVector) return true;
  const rows = shapes(right);
  const isTransposed = opOf(node) === "Gemm" && intAttribute(node, "transB", 0) !== 0;
  const inner = rows === undefined || rows.length < 2 ? fewest : (rows.at(isTransposed ? -1 : -2) ?? fewest);
  const columns = output.length < 2 ? 0 : (output.at(-1) ?? 0);
  return (columns > 0 && columns < fewest) || (inner > 0 && inner < fewest);
}

function paysOff(view: GraphView, node: NodeProto, weights: readonly number[] | undefined): boolean {
  const [outputs, inputs] = weights ?? [];
  if (outputs === undefined || inputs === undefined) return false;
  if (outputs >= fewest && inputs >= fewest) return true;
  const kernel = intsAttribute(node, "kernel_shape") ?? [1, 1];
  if (intAttribute(node, "group", 1) > 1) return outputs % 8 === 0 && kernel.every((size) => size >= 3);
  const isAligned = outputs % 8 === 0 || inputs % 8 === 0;
  const isWide = outputs >= fewest || inputs >= fewest || node.input.some((name) => view.inputs.has(name));
  return isAligned && isWide && new Set(kernel).size === 1;
}
