/**
 * Finds blocks in the shape of a graph, for units whose names tell none: residual branches, attention, squeeze-and-excite.
 * Decides only which nodes belong together; what names tell is units.ts, what a search does with blocks is search/groups.ts.
 */
import { isStandard, type NodeProto } from "./model.ts";
import { consumers, producers } from "./network.ts";

export interface BlockGraph {
  /** In topological order. */
  readonly nodes: readonly NodeProto[];
  /** Tensors that carry no activations: constants, shapes and what is computed from them. */
  readonly fixed: ReadonlySet<string>;
  /** The compute node of each unit. */
  readonly unitNodes: ReadonlySet<NodeProto>;
}

/** Name of the block of each compute node that is in one. The larger pattern leads: attention inside a residual branch is part of that branch. */
export function patternBlocks({ nodes, fixed, unitNodes }: BlockGraph): Map<NodeProto, string> {
  const graph: Walk = {
    position: new Map(nodes.map((node, i) => [node, i])),
    nodes,
    makers: producers(nodes),
    readers: consumers(nodes),
    fixed,
    unitNodes,
  };
  const found = new Map<NodeProto, string>();
  for (const [name, pattern] of Object.entries(patterns))
    for (const node of nodes.filter(isStandard)) {
      const members = (pattern(graph, node) ?? []).filter((member) => unitNodes.has(member) && !found.has(member));
      for (const member of members) found.set(member, `${name}:${node.output[0]}`);
    }
  return found;
}

interface Walk extends BlockGraph {
  readonly position: ReadonlyMap<NodeProto, number>;
  readonly makers: ReadonlyMap<string, NodeProto>;
  readonly readers: ReadonlyMap<string, readonly NodeProto[]>;
}

type Pattern = (graph: Walk, node: NodeProto) => readonly NodeProto[] | undefined;

const activationsOf = ({ fixed }: Walk, node: NodeProto): string[] => node.input.filter((name) => name !== "" && !fixed.has(name));

const joins = (graph: Walk, node: NodeProto, opType: string): boolean =>
  node.opType === opType && new Set(activationsOf(graph, node)).size === 2;

/** What stands between an Add of two activations and the tensor where its branches part. */
const residual: Pattern = (graph, node) => (joins(graph, node, "Add") ? sinceParting(graph, node) : undefined);

/** The products of activations before and after a Softmax, and the projections that feed them. */
const attention: Pattern = (graph, node) => {
  if (node.opType !== "Softmax") return undefined;
  const isProduct = (one: NodeProto) => joins(graph, one, "MatMul");
  const before = unitsNear(graph, node, makersOf(graph)).filter(isProduct);
  const after = unitsNear(graph, node, readersOf(graph)).filter(isProduct);
  if (before.length === 0 || after.length === 0) return undefined;
  const products = [...before, ...after];
  return [...products, ...products.flatMap((product) => unitsNear(graph, product, makersOf(graph)))];
};

/** A product with a gate that is pooled from the other factor. */
const squeezeExcite: Pattern = (graph, node) => {
  const inside = joins(graph, node, "Mul") ? sinceParting(graph, node) : undefined;
  return inside?.some(({ opType }) => pools.has(opType)) ? inside : undefined;
};
const pools: ReadonlySet<string> = new Set(["GlobalAveragePool", "ReduceMean"]);

const patterns = { residual, attention, "squeeze-excite": squeezeExcite } satisfies Record<string, Pattern>;

/**
 * Nodes behind both inputs of a node, back to the nearest tensor that both come from. Undefined where there is none, where something in between
 * also needs an earlier tensor, or where another Add of two activations lies between: then it is more than one block.
 */
function sinceParting(graph: Walk, join: NodeProto): NodeProto[] | undefined {
  const [left = "", right = ""] = activationsOf(graph, join);
  const sides = new Map([
    [left, new Set(["left"])],
    [right, new Set(["right"])],
  ]);
  const inside: NodeProto[] = [];
  for (let name = latest(graph, sides); name !== undefined; name = latest(graph, sides)) {
    const seen = sides.get(name) ?? new Set<string>();
    sides.delete(name);
    if (seen.size === 2) return sides.size === 0 ? inside : undefined;
    const maker = graph.makers.get(name);
    if (maker === undefined || joins(graph, maker, "Add")) return undefined;
    inside.push(maker);
    for (const input of activationsOf(graph, maker)) sides.set(input, (sides.get(input) ?? new Set()).union(seen));
  }
  return undefined;
}

/** The tensor made last. Inputs of the model were there before everything, so a walk ends at one of them. */
function latest({ makers, position }: Walk, names: ReadonlyMap<string, unknown>): string | undefined {
  const madeAt = (name: string) => {
    const maker = makers.get(name);
    return maker === undefined ? -1 : (position.get(maker) ?? -1);
  };
  return [...names.keys()].toSorted((a, b) => madeAt(b) - madeAt(a))[0];
}

/** Nearest compute nodes in one direction, through nodes that only scale, shift, move or convert values. */
function unitsNear({ unitNodes }: Walk, from: NodeProto, next: (node: NodeProto) => readonly NodeProto[]): NodeProto[] {
  const found = new Set<NodeProto>();
  const waiting = [...next(from)];
  const seen = new Set<NodeProto>();
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    if (seen.has(node)) continue;
    seen.add(node);
    if (unitNodes.has(node)) found.add(node);
    else if (carriers.has(node.opType)) waiting.push(...next(node));
  }
  return [...found];
}

const carriers: ReadonlySet<string> = new Set([
  ...["Add", "Sub", "Mul", "Div", "Where", "Cast", "Identity", "Dropout", "QuantizeLinear", "DequantizeLinear"],
  ...["Reshape", "Transpose", "Squeeze", "Unsqueeze", "Flatten", "Split", "Slice", "Gather", "Concat", "Expand"],
]);

const makersOf = (graph: Walk) => (node: NodeProto) => activationsOf(graph, node).flatMap((name) => graph.makers.get(name) ?? []);
const readersOf = (graph: Walk) => (node: NodeProto) => node.output.flatMap((name) => graph.readers.get(name) ?? []);
