/**
 * How many dimensions an input must have whose shape the model does not declare, read from what the graph does with it: a Gemm takes two, a convolution as
 * many as its weights have. Undefined where nothing tells.
 */
import { type GraphProto, intsAttribute, isStandard, type NodeProto } from "./model.ts";

/** Results have as many dimensions as the first input. */
const keeping: ReadonlySet<string> = new Set([
  ...["Cast", "Identity", "Relu", "LeakyRelu", "Sigmoid", "Tanh", "Clip", "Softmax", "Dropout", "QuantizeLinear", "DequantizeLinear"],
  ...["BatchNormalization", "Neg", "Abs", "Exp", "Log", "Sqrt", "Erf"],
]);

/** `input`: name of a graph input. Follows what keeps the rank; nodes are in topological order. */
export function expectedRank(graph: GraphProto, input: string): number | undefined {
  const weights = new Map(graph.initializer.map(({ name, dims }) => [name, dims.length]));
  const reached = new Set([input]);
  for (const node of graph.node) {
    if (!isStandard(node) || !reached.has(node.input[0] ?? "")) continue;
    const rank = rankAt(node, weights);
    if (rank !== undefined) return rank;
    if (keeping.has(node.opType) && node.output[0] !== undefined) reached.add(node.output[0]);
  }
  return undefined;
}

function rankAt(node: NodeProto, weights: ReadonlyMap<string, number>): number | undefined {
  switch (node.opType) {
    case "Conv":
    case "ConvTranspose":
      return weights.get(node.input[1] ?? "");
    case "Gemm":
      return 2;
    case "LSTM":
    case "GRU":
    case "RNN":
      return 3;
    case "Transpose":
      return intsAttribute(node, "perm")?.length;
    case "MaxPool":
    case "AveragePool": {
      const kernel = intsAttribute(node, "kernel_shape");
      return kernel && kernel.length + 2;
    }
    default:
      return undefined;
  }
}
