/**
 * Compute nodes inside the bodies of If, Loop and Scan: which there are, what they read, and whether a scale found by a tensor's name can be meant for them.
 * What becomes of them is decided elsewhere.
 */
import { type GraphProto, heldTensor, type NodeProto, nodeLabel, subgraphs, type TensorProto } from "./model.ts";
import { liveNodes, type Network, sortNodes, usedNames } from "./network.ts";
import { constantTensors, isCompute, isFloatKind } from "./units.ts";

export interface BodyProduct {
  readonly node: NodeProto;
  /** `/decoder/MatMul in the body of Loop 'loop'`. */
  readonly label: string;
  /** Activations that it reads, each once: names of the body or of the graph around it. */
  readonly inputs: readonly string[];
  /** Its weights by slot. */
  readonly weights: ReadonlyMap<number, TensorProto>;
  /** One of its inputs is a name that two branches give to different tensors. */
  readonly isAmbiguous: boolean;
}

/** In order of appearance, the innermost included. Nodes that compute on constants alone are none, and neither are those that no output needs. */
export const bodyProducts = (network: Network): BodyProduct[] => productsIn(network, isCompute);

/** The same of kinds that nothing here quantises. */
export const floatKindsInBodies = (network: Network): BodyProduct[] => productsIn(network, isFloatKind);

function productsIn(network: Network, isWanted: (node: NodeProto) => boolean): BodyProduct[] {
  const found: Omit<BodyProduct, "isAmbiguous">[] = [];
  const definitions = new Map<string, number>();
  const define = (name: string) => void (name !== "" && definitions.set(name, (definitions.get(name) ?? 0) + 1));
  for (const { name } of network.inputs) define(name);
  const outermost: Scope = { constants: network.constants, fixed: constantTensors(network) };
  const visitAll = (nodes: readonly NodeProto[], live: ReadonlySet<NodeProto>, scope: Scope) => {
    for (const node of nodes) {
      node.output.forEach(define);
      if (!live.has(node)) continue;
      for (const graph of subgraphs(node)) {
        for (const { name } of graph.input) define(name);
        const inside = scopeOf(graph, scope);
        const needed = liveNodes({ nodes: sortNodes(graph.node), outputs: graph.output });
        found.push(...graph.node.filter((one) => isWanted(one) && needed.has(one)).flatMap((one) => productOf(one, node, inside)));
        visitAll(graph.node, needed, inside);
      }
    }
  };
  visitAll(network.nodes, liveNodes(network), outermost);
  return found.map((one) => ({ ...one, isAmbiguous: one.inputs.some((name) => (definitions.get(name) ?? 0) > 1) }));
}

/** What they read, without names that two branches give to different tensors: no scale can be told apart there. */
export const bodyInputs = (network: Network): { readonly inputs: readonly string[] }[] =>
  bodyProducts(network).flatMap(({ inputs, isAmbiguous }) => (isAmbiguous ? [] : [{ inputs }]));

interface Scope {
  readonly constants: ReadonlyMap<string, TensorProto>;
  /** Constants and what is computed from them alone. */
  readonly fixed: ReadonlySet<string>;
}

function scopeOf(graph: GraphProto, outer: Scope): Scope {
  const constants = new Map(outer.constants);
  for (const tensor of graph.initializer) constants.set(tensor.name, tensor);
  const fixed = new Set([...outer.fixed, ...constants.keys()]);
  // A body's own values hide those of the graph around it.
  for (const { name } of graph.input) {
    constants.delete(name);
    fixed.delete(name);
  }
  for (const node of graph.node) {
    const value = heldTensor(node);
    if (value !== undefined) constants.set(node.output[0] ?? "", value);
    if (subgraphs(node).length === 0 && usedNames(node).every((name) => fixed.has(name))) for (const name of node.output) fixed.add(name);
  }
  return { constants, fixed };
}

function productOf(node: NodeProto, owner: NodeProto, { constants, fixed }: Scope): Omit<BodyProduct, "isAmbiguous">[] {
  const slots = node.input.slice(0, 2);
  const inputs = [...new Set(slots)].filter((name) => name !== "" && !fixed.has(name));
  if (inputs.length === 0) return [];
  const weights = new Map(slots.flatMap((name, slot) => (constants.has(name) ? [[slot, constants.get(name)] as const] : [])));
  const known = new Map([...weights].flatMap(([slot, tensor]) => (tensor === undefined ? [] : [[slot, tensor] as const])));
  return [{ node, label: `${nodeLabel(node)} in the body of ${owner.opType} ${nodeLabel(owner)}`, inputs, weights: known }];
}
