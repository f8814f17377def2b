/** A graph as the placement rules walk it: who makes and who reads each tensor, level by level. Reads bodies of If, Loop and Scan as one node. */
import { type GraphProto, isStandard, type NodeProto } from "../model.ts";
import { sortNodes } from "../network.ts";

export interface GraphView {
  /** By depth, in the file's order within one depth: the order in which partitions are grown. */
  readonly nodes: readonly NodeProto[];
  readonly initializers: ReadonlySet<string>;
  readonly inputs: ReadonlySet<string>;
  readonly outputs: ReadonlySet<string>;
  readonly maker: ReadonlyMap<string, NodeProto>;
  /** In the file's order; a node that reads a tensor twice stands twice. */
  readonly readers: ReadonlyMap<string, readonly NodeProto[]>;
}

/** Constant nodes stay nodes: the rules tell them from initializers. */
export function viewGraph(graph: GraphProto): GraphView {
  const sorted = sortNodes(graph.node);
  const maker = new Map(sorted.flatMap((node) => node.output.filter((name) => name !== "").map((name) => [name, node] as const)));
  const depth = new Map<NodeProto, number>();
  for (const node of sorted) {
    const before = node.input.map((name) => maker.get(name)).map((parent) => (parent === undefined ? -1 : (depth.get(parent) ?? -1)));
    depth.set(node, 1 + Math.max(-1, ...before));
  }
  const readers = new Map<string, NodeProto[]>();
  for (const node of sorted)
    for (const name of node.input) {
      const list = readers.get(name);
      if (list === undefined) readers.set(name, [node]);
      else list.push(node);
    }
  readers.delete("");
  const initializers = new Set(graph.initializer.map(({ name }) => name));
  return {
    nodes: sorted.toSorted((a, b) => (depth.get(a) ?? 0) - (depth.get(b) ?? 0)),
    initializers,
    inputs: new Set(graph.input.map(({ name }) => name).filter((name) => !initializers.has(name))),
    outputs: new Set(graph.output.map(({ name }) => name)),
    maker,
    readers,
  };
}

/** Operator type; "" for other domains, whose operators may share a name with a standard one. */
export const opOf = (node: NodeProto): string => (isStandard(node) ? node.opType : "");

/** In the order of its inputs; one that makes two of them comes twice. */
export const parents = (view: GraphView, node: NodeProto): NodeProto[] => node.input.flatMap((name) => view.maker.get(name) ?? []);

/** In the order of its outputs; one that reads two of them comes twice. */
export const children = (view: GraphView, node: NodeProto): NodeProto[] => node.output.flatMap((name) => view.readers.get(name) ?? []);

/** An initializer, or what a constant or an Identity makes, also with its axes changed; and the exponential of a clipped parameter, which scales attention. */
export function isConstant(view: GraphView, name: string): boolean {
  if (view.initializers.has(name)) return true;
  const maker = view.maker.get(name);
  if (maker === undefined) return false;
  const op = opOf(maker);
  if (op === "Constant" || op === "Identity") return true;
  if (op === "Squeeze" || op === "Unsqueeze") return isConstant(view, maker.input[0] ?? "");
  if (op !== "Exp") return false;
  const before = view.maker.get(maker.input[0] ?? "");
  return before !== undefined && opOf(before) === "Clip" && hasConstant(view, before);
}

/** True where any input is a constant. */
export const hasConstant = (view: GraphView, node: NodeProto): boolean => node.input.some((name) => isConstant(view, name));
