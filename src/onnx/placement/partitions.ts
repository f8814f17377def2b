/** Grows the groups of nodes that an engine runs as one kernel: from each linear operator, then from what is left of the elementwise ones. */
import type { NodeProto } from "../model.ts";
import { children, type GraphView, isConstant, opOf } from "./graph-view.ts";
import { copyOps, linearOps, pointwiseOps } from "./kinds.ts";
import { hasPath } from "./paths.ts";
import type { Backbones } from "./residual.ts";

export interface Partitions {
  /** Each begins with its linear operator. */
  readonly linear: readonly (readonly NodeProto[])[];
  /** Each begins with its head. */
  readonly pointwise: readonly (readonly NodeProto[])[];
  /** In no partition may a node stand twice; what was taken from the start is here too. */
  readonly taken: ReadonlySet<NodeProto>;
}

export interface Fusion {
  readonly view: GraphView;
  readonly backbone: Backbones;
  readonly fusedAdds: ReadonlyMap<NodeProto, string>;
}

/** `apart`: nodes that take part in nothing. */
export function growPartitions(fusion: Fusion, apart: ReadonlySet<NodeProto>): Partitions {
  const taken = new Set(apart);
  const from = (isRoot: (op: string) => boolean) =>
    fusion.view.nodes.flatMap((node) => {
      const partition = taken.has(node) || !isRoot(opOf(node)) ? [] : grow(fusion, node, taken);
      return partition.length === 0 ? [] : [partition];
    });
  const linear = from((op) => linearOps.has(op));
  const pointwise = from((op) => pointwiseOps.has(op));
  const ends = new Set(linear.map((partition) => partition.at(-1)?.output[0]));
  const resizes = fusion.view.nodes.filter((node) => /^(Resize|Upsample)$/.test(opOf(node)) && ends.has(node.input[0]));
  return { linear, pointwise: [...pointwise, ...resizes.map((node) => [node])], taken };
}

interface Frame {
  readonly node: NodeProto;
  readonly consumers: NodeProto[];
  /** How many nodes the partition had when this one had joined: what came later feeds no node that is looked at from here. */
  readonly size: number;
}

/** Depth first; empty where the root itself fuses with nothing. */
function grow(fusion: Fusion, root: NodeProto, taken: Set<NodeProto>): NodeProto[] {
  const partition: NodeProto[] = [];
  const place = new Map<string, number>();
  const stack: Frame[] = [];
  const join = (node: NodeProto) => {
    if (opOf(node) === "Mul" && !isFusibleMul(fusion.view, node)) return;
    for (const name of node.output) if (name !== "") place.set(name, partition.length);
    partition.push(node);
    taken.add(node);
    if (fusion.fusedAdds.has(node)) return;
    stack.push({ node, consumers: children(fusion.view, node).toReversed(), size: partition.length });
  };
  join(root);
  for (let frame = stack.at(-1); frame !== undefined; frame = stack.at(-1)) {
    const next = frame.consumers.pop();
    if (next === undefined) stack.pop();
    else if (!taken.has(next) && joins(fusion, frame.node, next, (name) => (place.get(name) ?? frame.size) < frame.size)) join(next);
  }
  return partition;
}

function joins({ view, backbone, fusedAdds }: Fusion, node: NodeProto, next: NodeProto, isMade: (name: string) => boolean): boolean {
  const op = opOf(next);
  const isInside = () => next.input.every((name) => isMade(name) || isConstant(view, name));
  if ((copyOps.has(op) || pointwiseOps.has(op)) && isInside()) return true;
  if (/^(BatchNormalization|Relu|MaxPool)$/.test(op) && backbone(next) !== undefined) return true;
  const branch = fusedAdds.get(next);
  return branch !== undefined && branch === node.output[0];
}

const gates = [
  ["Mul", "Sigmoid"],
  ["Mul", "HardSigmoid"],
];
const activations = [
  ["Mul", "Sigmoid", "Conv"],
  ["Mul", "Sigmoid", "BatchNormalization", "Conv"],
  ["Mul", "Sigmoid", "Add"],
];

/** Scaling by a constant, and x * sigmoid(x) right behind a convolution; the gate of a squeeze-and-excitation is not. */
function isFusibleMul(view: GraphView, node: NodeProto): boolean {
  const variables = node.input.filter((name) => !view.initializers.has(name) && opOfMaker(view, name) !== "Constant");
  if (variables.length <= 1) return true;
  const is = (ops: readonly string[]) => hasPath(view, node, { ops, direction: "backward" });
  return activations.some(is) || !gates.some(is);
}

const opOfMaker = (view: GraphView, name: string): string => {
  const maker = view.maker.get(name);
  return maker === undefined ? "" : opOf(maker);
};
