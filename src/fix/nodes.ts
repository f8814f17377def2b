/** The nodes that a fix touches, as names and as output tensors where a node has no name. */

import { pathArgument } from "../model/shell-word.ts";
import { comesAsQdq, type Fix } from "./artifact.ts";

/** The model with the Q/DQ of the kept units taken out. */
export const fixedModel = "fixed.qdq.onnx";

export interface NodeNames {
  readonly names: readonly string[];
  /** Output tensors of nodes without a name. */
  readonly outputs: readonly string[];
}

/** The ONNX file that is built: of a model that comes as Q/DQ the fixed one. `model.sha256` is not its hash then. */
export const builtPath = (fix: Fix): string => (comesAsQdq(fix) ? placeOf(fix, fixedModel) : pathArgument(fix.model.path));

/** What a command calls a file of the fix. */
export const placeOf = ({ place }: Fix, fileName: string): string => pathArgument(place?.(fileName) ?? fileName);

/** Units write an unnamed node as `(output <tensor>)`. Each name once, in the order of the units. */
export function nodesOf(fix: Fix): NodeNames {
  const all = [...new Set(fix.kept.flatMap((unit) => unit.nodes))];
  const outputs = all.flatMap((node) => outputOf(node) ?? []);
  return { names: all.filter((node) => outputOf(node) === undefined), outputs };
}

/** The compute node of each unit that is pinned to INT8; none where the proved engine left them to the builder. */
export const int8NodesOf = ({ int8 = [], proved }: Fix): string[] =>
  proved?.format === "polygraphy" ? [] : int8.flatMap(({ nodes }) => nodes.slice(0, 1));

/** A whole map is a wish, since some layer may have no kernel for its place in it; kept units alone are an order. */
export const constraintOf = (fix: Fix): "prefer" | "obey" => (int8NodesOf(fix).length > 0 ? "prefer" : "obey");

const outputOf = (node: string): string | undefined => (node.startsWith("(output ") && node.endsWith(")") ? node.slice(8, -1) : undefined);
