/** Groups of operators that stay in float: GELU, normalisation written out, attention with a mask. And the long attention that quantising does not pay for. */
import type { NodeProto } from "../model.ts";
import { type GraphView, opOf } from "./graph-view.ts";
import { findPath } from "./paths.ts";

const gelu = ["Div", "Erf", "Add", "Mul", "Mul"];
const varianceNorm = ["ReduceMean", "Sub", "Pow", "ReduceMean", "Add", "Sqrt", "Div"];
const layerNorm = [...varianceNorm, "Mul", "Add"];
const maskedAttention = ["MatMul", "NonBiasAdd", "Softmax", "MatMul"];
const casts: ReadonlySet<string> = new Set(["Cast"]);

/** Nodes that no other rule looks at. */
export function floatPatterns(view: GraphView): Set<NodeProto> {
  const forward = (node: NodeProto, ops: readonly string[], skip?: ReadonlySet<string>) =>
    findPath(view, node, { ops, direction: "forward", ...(skip === undefined ? {} : { skip }) });
  const found = view.nodes.flatMap((node) => [
    ...(forward(node, gelu) ?? []),
    ...(opOf(node) === "LayerNormalization" ? [node] : (forward(node, layerNorm, casts) ?? forward(node, varianceNorm, casts) ?? [])),
    ...(opOf(node) === "MatMul" ? (forward(node, maskedAttention) ?? []) : []),
  ]);
  return new Set(found);
}

const betweenProducts: ReadonlySet<string> = new Set([
  ...["Div", "Mul", "ConstMul", "Add", "BiasAdd", "Reshape", "Transpose", "Flatten", "Cast"],
]);

/** Both products of every attention: scores and values. */
export const attentionProducts = (view: GraphView): (readonly [NodeProto, NodeProto])[] =>
  view.nodes.flatMap((node) => {
    if (opOf(node) !== "MatMul") return [];
    const path = findPath(view, node, { ops: ["MatMul", "Softmax", "MatMul"], direction: "forward", skip: betweenProducts });
    const [scores, , values] = path ?? [];
    return scores === undefined || values === undefined ? [] : [[scores, values] as const];
  });
