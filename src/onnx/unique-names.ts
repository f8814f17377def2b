/** Names that a graph does not have yet. Tensors and nodes share one set, as `onnx.inliner` has it. */
import { type GraphProto, type NodeProto, subgraphs } from "./model.ts";
import type { Network } from "./network.ts";

/** The function gives `wanted`, or `wanted` with a number behind it where the graph or an earlier answer has it already. */
export function uniqueNames(graph: GraphProto): (wanted: string) => string {
  const taken = new Set<string>();
  collect(graph, taken);
  return namesBeside(taken);
}

/** The same for a network. */
export function networkNames({ inputs, outputs, constants, nodes }: Network): (wanted: string) => string {
  const taken = new Set<string>(constants.keys());
  for (const { name } of [...inputs, ...outputs]) taken.add(name);
  collectNodes(nodes, taken);
  return namesBeside(taken);
}

function namesBeside(taken: Set<string>): (wanted: string) => string {
  let number = 0;
  return (wanted) => {
    let name = wanted;
    while (taken.has(name)) name = `${wanted}_${number++}`;
    taken.add(name);
    return name;
  };
}

function collect(graph: GraphProto, into: Set<string>): void {
  for (const { name } of [...graph.input, ...graph.initializer, ...graph.output]) into.add(name);
  for (const { values } of graph.sparseInitializer) if (values !== undefined) into.add(values.name);
  collectNodes(graph.node, into);
}

function collectNodes(nodes: readonly NodeProto[], into: Set<string>): void {
  for (const node of nodes) {
    for (const name of [node.name, ...node.input, ...node.output]) into.add(name);
    for (const inner of subgraphs(node)) collect(inner, into);
  }
}
