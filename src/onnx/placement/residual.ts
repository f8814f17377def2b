/** Which input of an Add runs on in the convolution before it, so that the other, the residual one, is quantised. */
import type { NodeProto } from "../model.ts";
import { type GraphView, hasConstant, opOf, parents } from "./graph-view.ts";
import { copyOps } from "./kinds.ts";
import { hasPath } from "./paths.ts";

const convolutions = ["Conv", "ConvTranspose"];
const endings = convolutions.flatMap((conv) => [
  ["BiasAdd", "ConstMul", conv],
  ["Relu", "BiasAdd", "ConstMul", conv],
  ["BatchNormalization", "BiasAdd", conv],
  ["Relu", "BatchNormalization", "BiasAdd", conv],
  ["MaxPool", "Relu", "BatchNormalization", "BiasAdd", conv],
  ["Mul", "Sigmoid", "BatchNormalization", conv],
]);

/** The convolution that a node ends, in one of the forms that an engine fuses. */
export type Backbones = (node: NodeProto) => NodeProto | undefined;

/** Gives, for a node, the nearest convolution before it where one of the known endings lies between; else undefined. Nodes are in topological order. */
export function backbones(view: GraphView): Backbones {
  const nearest = new Map<NodeProto, NodeProto>();
  for (const node of view.nodes) {
    const before = node.input.filter((name) => !view.initializers.has(name)).map((name) => nearest.get(view.maker.get(name) ?? node));
    const own = convolutions.includes(opOf(node)) ? node : before.find((one) => one !== undefined);
    if (own !== undefined) nearest.set(node, own);
  }
  const known = new Map<NodeProto, NodeProto | undefined>();
  return (node) => {
    if (!known.has(node)) {
      const ends = endings.some((ops) => hasPath(view, node, { ops, direction: "backward", skip: copyOps }));
      known.set(node, ends ? nearest.get(node) : undefined);
    }
    return known.get(node);
  };
}

/** By Add: the tensor that comes from the branch to fuse with; Adds without one are left out. */
export function fusedAddInputs(view: GraphView, backbone: Backbones): ReadonlyMap<NodeProto, string> {
  const found = new Map<NodeProto, string>();
  const nearestCommon = commonAncestors(view);
  for (const node of view.nodes.filter((one) => opOf(one) === "Add")) {
    const [first = "", second = ""] = node.input;
    const [a, b] = [view.maker.get(first), view.maker.get(second)];
    if (hasConstant(view, node) || a === undefined || b === undefined) continue;
    const [left, right] = [backbone(a), backbone(b)];
    if (left === right) continue;
    const common = nearestCommon(a, b);
    if (left !== undefined && right !== undefined) found.set(node, common.fromFirst > common.fromSecond ? first : second);
    else if (common.node === undefined || common.node !== (left ?? right)) found.set(node, left === undefined ? second : first);
  }
  return found;
}

interface Common {
  readonly node: NodeProto | undefined;
  readonly fromFirst: number;
  readonly fromSecond: number;
}

/** The common ancestor nearest to the first; distances are those of a walk depth first. By number: deep networks have many Adds and long ways back. */
function commonAncestors(view: GraphView): (first: NodeProto, second: NodeProto) => Common {
  const number = new Map(view.nodes.map((node, i) => [node, i] as const));
  const before = view.nodes.map((node) => parents(view, node).flatMap((parent) => number.get(parent) ?? []));
  const distances = [new Int32Array(before.length), new Int32Array(before.length)] as const;
  const walk = (from: NodeProto, distance: Int32Array): number[] => {
    const start = number.get(from) ?? 0;
    distance.fill(-1);
    distance[start] = 0;
    const [seen, stack] = [[start], [start]];
    for (let at = stack.pop(); at !== undefined; at = stack.pop())
      for (const parent of before[at] ?? [])
        if (distance[parent] === -1) {
          distance[parent] = (distance[at] ?? 0) + 1;
          seen.push(parent);
          stack.push(parent);
        }
    return seen;
  };
  return (first, second) => {
    const seen = walk(first, distances[0]);
    walk(second, distances[1]);
    let best: Common = { node: undefined, fromFirst: -1, fromSecond: -1 };
    for (const at of seen) {
      const [fromFirst = -1, fromSecond = -1] = [distances[0][at], distances[1][at]];
      if (fromSecond !== -1 && (best.node === undefined || fromFirst < best.fromFirst))
        best = { node: view.nodes[at], fromFirst, fromSecond };
    }
    return best;
  };
}
