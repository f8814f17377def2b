/** Matches chains of operators, forwards or backwards. Knows no pattern by itself. */
import type { NodeProto } from "../model.ts";
import { children, type GraphView, hasConstant, opOf, parents } from "./graph-view.ts";

/** "BiasAdd" and "ConstMul" have a constant input and may be missing; "NonBiasAdd" has none. */
export interface Path {
  readonly ops: readonly string[];
  readonly direction: "forward" | "backward";
  /** Passed over wherever they stand between. */
  readonly skip?: ReadonlySet<string>;
}

const optional: ReadonlySet<string> = new Set(["BiasAdd", "ConstMul"]);
const nothing: ReadonlySet<string> = new Set();
/** Chains of this many skipped nodes are no pattern. */
const deepest = 1000;

/** The nodes of the first chain that begins at this node; undefined where there is none. */
export function findPath(view: GraphView, node: NodeProto, path: Path): NodeProto[] | undefined {
  const failed = new Map<number, Set<NodeProto>>();
  const search = (at: NodeProto, ops: readonly string[], depth: number): NodeProto[] | undefined => {
    if (ops.length === 0) return [];
    if (failed.get(ops.length)?.has(at) || depth > deepest) return undefined;
    const found = step(at, ops, depth);
    if (found === undefined) failed.set(ops.length, (failed.get(ops.length) ?? new Set()).add(at));
    return found;
  };
  const step = (at: NodeProto, ops: readonly string[], depth: number): NodeProto[] | undefined => {
    const [wanted = "", ...rest] = ops;
    const kind = kindOf(view, at);
    const matches = wanted === "NonBiasAdd" ? kind === "Add" : wanted === kind || wanted === opOf(at);
    const isSkipped = (path.skip ?? nothing).has(kind);
    if (!matches && !isSkipped) return optional.has(wanted) ? search(at, rest, depth + 1) : undefined;
    const left = matches || optional.has(wanted) ? rest : ops;
    const own = matches ? [at] : [];
    if (left.length === 0) return own;
    for (const next of path.direction === "forward" ? children(view, at) : parents(view, at)) {
      const found = search(next, left, depth + 1);
      if (found !== undefined) return [...own, ...found];
    }
    return undefined;
  };
  return search(node, path.ops, 0);
}

/** As `findPath`, without the nodes. */
export const hasPath = (view: GraphView, node: NodeProto, path: Path): boolean => findPath(view, node, path) !== undefined;

function kindOf(view: GraphView, node: NodeProto): string {
  const op = opOf(node);
  if (op === "Add" && hasConstant(view, node)) return "BiasAdd";
  return op === "Mul" && hasConstant(view, node) ? "ConstMul" : op;
}
