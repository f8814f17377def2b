/** Which nodes outside the convolutions' and products' own groups read quantised tensors, and which of their inputs are left in float for fusion's sake. */
import type { NodeProto } from "../model.ts";
import { children, type GraphView, hasConstant, isConstant, opOf, parents } from "./graph-view.ts";
import { copyOps, linearOps, pointwiseOps, poolingOps, quantizableInputs } from "./kinds.ts";
import type { Partitions } from "./partitions.ts";
import { hasPath } from "./paths.ts";

/** The edge from one node to another that carries no Q/DQ, whatever quantises the tensor. */
export interface FloatEdge {
  readonly from: NodeProto;
  readonly to: NodeProto;
  readonly tensor: string;
}

export interface Heads {
  readonly nodes: readonly NodeProto[];
  readonly floatEdges: readonly FloatEdge[];
}

/** True for operators that `quantizableInputs` (kinds.ts) lists. */
export const isQuantizable = (node: NodeProto): boolean => Object.hasOwn(quantizableInputs, opOf(node));

/** Of the groups around linear operators: what reads from outside; where it also reads from inside, that edge stays float. */
export function linearHeads(view: GraphView, { linear }: Partitions): Heads {
  const nodes: NodeProto[] = [];
  const floatEdges: FloatEdge[] = [];
  for (const partition of linear) {
    const made = new Set(partition.flatMap((node) => node.output));
    for (const node of partition) {
      const variables = node.input.filter((name) => !isConstant(view, name));
      const inside = variables.filter((name) => made.has(name));
      if (variables.length === inside.length) continue;
      if (inside.length === 0) nodes.push(node);
      for (const tensor of inside) {
        const from = view.maker.get(tensor);
        if (from !== undefined) floatEdges.push({ from, to: node, tensor });
      }
    }
  }
  return { nodes, floatEdges };
}

/** Linear operators that are left out read float, also where another node has the tensor quantised. */
export const excludedEdges = (view: GraphView, excluded: ReadonlySet<NodeProto>): FloatEdge[] =>
  view.nodes.flatMap((to) =>
    excluded.has(to) && linearOps.has(opOf(to))
      ? to.input.flatMap((tensor) => {
          const from = view.maker.get(tensor);
          return from === undefined ? [] : [{ from, to, tensor }];
        })
      : [],
  );

/** Farther copies than this do not count. */
const mostCopies = 10;

/** Copies of what a linear group makes, by how many copies lie between. */
export function followers(view: GraphView, { linear }: Partitions): (node: NodeProto) => boolean {
  const distance = new Map<NodeProto, number>(linear.flat().map((node) => [node, 0]));
  for (const node of view.nodes) {
    const before = parents(view, node);
    if (distance.has(node) || !copyOps.has(opOf(node)) || before.length === 0) continue;
    distance.set(node, 1 + Math.max(...before.map((parent) => distance.get(parent) ?? Number.POSITIVE_INFINITY)));
  }
  return (node) => (distance.get(node) ?? Number.POSITIVE_INFINITY) <= mostCopies;
}

const quantizedOutputs: ReadonlySet<string> = new Set(["AveragePool", "BatchNormalization", "GlobalAveragePool", "MaxPool", "Mul"]);

/** Elementwise heads behind a linear group or a pool. */
export function pointwiseHeads(view: GraphView, partitions: Partitions, follows: (node: NodeProto) => boolean): Heads {
  const nodes: NodeProto[] = [];
  const floatEdges: FloatEdge[] = [];
  const readers = new Set(partitions.linear.flatMap(([root]) => root ?? []));
  for (const [head] of partitions.pointwise) {
    if (head === undefined || !isQuantizable(head) || hasConstant(view, head)) continue;
    const float: FloatEdge[] = [];
    let isHead = false;
    for (const from of parents(view, head)) {
      const tensor = from.output[0] ?? "";
      if (follows(from) || quantizedOutputs.has(opOf(from))) {
        if (isMask(view, head)) float.push({ from, to: head, tensor });
        else {
          isHead = true;
          nodes.push(head);
          readers.add(head);
        }
      } else if (!(view.readers.get(tensor) ?? []).some((reader) => reader !== head && readers.has(reader))) {
        float.push({ from, to: head, tensor });
      }
    }
    if (opOf(head) === "Add" && isHead) floatEdges.push(...float);
  }
  return { nodes, floatEdges };
}

const reshapes: ReadonlySet<string> = new Set(["Flatten", "Reshape"]);
/** The Add of attention's mask. */
const isMask = (view: GraphView, head: NodeProto): boolean =>
  opOf(head) === "Add" &&
  children(view, head).some((child) => hasPath(view, child, { ops: ["Softmax", "MatMul"], direction: "forward", skip: reshapes }));

/** LayerNormalization right behind a linear group. */
export const normalizations = (view: GraphView, follows: (node: NodeProto) => boolean): NodeProto[] =>
  view.nodes.filter((node) => {
    const maker = view.maker.get(node.input[0] ?? "");
    return opOf(node) === "LayerNormalization" && maker !== undefined && follows(maker);
  });

/** What is in no group: quantised as it stands, pools only beside something quantised. */
export function looseNodes(view: GraphView, quantized: readonly NodeProto[], { taken }: Partitions): NodeProto[] {
  const loose = view.nodes.filter((node) => !taken.has(node) && isQuantizable(node));
  const plain = loose.filter((node) => !poolingOps.has(opOf(node)) && !(pointwiseOps.has(opOf(node)) && hasConstant(view, node)));
  const known = new Set([...quantized, ...plain]);
  const after = reaches(
    view.nodes.toReversed(),
    (node) => children(view, node),
    known,
    (op) => copyOps.has(op),
  );
  const before = reaches(
    view.nodes,
    (node) => parents(view, node),
    known,
    (op) => copyOps.has(op) || op === "Cast",
  );
  return [...plain, ...loose.filter((node) => poolingOps.has(opOf(node)) && (after.has(node) || before.has(node)))];
}

/** Nodes with a neighbour in `wanted`, looking past operators that only pass values on. `nodes`: neighbours first. */
function reaches(
  nodes: readonly NodeProto[],
  neighbours: (node: NodeProto) => readonly NodeProto[],
  wanted: ReadonlySet<NodeProto>,
  passes: (op: string) => boolean,
): Set<NodeProto> {
  const found = new Set<NodeProto>();
  for (const node of nodes)
    if (neighbours(node).some((next) => wanted.has(next) || (passes(opOf(next)) && found.has(next)))) found.add(node);
  return found;
}
