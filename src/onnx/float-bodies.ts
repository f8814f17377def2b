/**
 * Reads around Q/DQ pairs inside bodies of If, Loop and Scan, so that a reference without Q/DQ has none there either. Pairs of one body only; what else
 * quantises there is named, since a reference that keeps it would be compared with itself.
 */
import { smallValues } from "./constants.ts";
import { type GraphProto, heldTensor, makeNode, type NodeProto, nodeLabel, subgraphs, type TensorProto, withFields } from "./model.ts";
import { mapNodes, producers } from "./network.ts";
import { isDequantize, isDynamicQuantize, isPair, isQuantize } from "./qdq.ts";

type Constants = ReadonlyMap<string, TensorProto>;

/** `left`: labels of the quantised tensors that stay, or whose zero point may stand for an activation that the exporter left out. The same nodes where no body has Q/DQ. */
export function withoutBodyPairs(
  nodes: readonly NodeProto[],
  constants: Constants,
): { readonly nodes: readonly NodeProto[]; readonly left: readonly string[] } {
  const left: string[] = [];
  const replaced = new Map<NodeProto, NodeProto[]>();
  const visit = (graph: GraphProto, outer: Constants) => {
    const inside = withOwn(outer, graph);
    const makers = producers(graph.node);
    for (const node of graph.node) {
      for (const inner of subgraphs(node)) visit(inner, inside);
      if (!isDequantize(node) || inside.has(node.input[0] ?? "")) continue;
      const quantize = makers.get(node.input[0] ?? "");
      const isRead = quantize !== undefined && isQuantize(quantize) && isPair(inside, quantize, node) && hasNoZeroPoint(inside, node);
      if (isRead)
        replaced.set(node, [makeNode({ opType: "Identity", name: node.name, input: [quantize.input[0] ?? ""], output: node.output })]);
      else left.push(nodeLabel(node));
    }
    left.push(...graph.node.filter(isDynamicQuantize).map(nodeLabel));
  };
  for (const node of nodes) for (const graph of subgraphs(node)) visit(graph, constants);
  return { nodes: replaced.size === 0 ? nodes : mapNodes(nodes, (node) => replaced.get(node)), left };
}

function withOwn(outer: Constants, { initializer, input, node }: GraphProto): Constants {
  const own = new Map(outer);
  for (const { name } of input) own.delete(name);
  for (const tensor of initializer) own.set(tensor.name, tensor);
  for (const one of node) {
    const value = heldTensor(one);
    if (value !== undefined) own.set(one.output[0] ?? "", withFields(value, { name: one.output[0] ?? "" }));
  }
  return own;
}

const hasNoZeroPoint = (constants: Constants, { input }: NodeProto): boolean => {
  const [, , zero = ""] = input;
  const tensor = constants.get(zero);
  return zero === "" || (tensor !== undefined && Array.from(smallValues(tensor) ?? [1]).every((value) => value === 0));
};
