/** The nodes that a fix touches, as names and as output tensors where a node has no name. */

import { pathArgument } from "../model/shell-word.ts";
import type { Fix } from "./artifact.ts";

export interface NodeNames {
  readonly names: readonly string[];
  /** Output tensors of nodes without a name. */
  readonly outputs: readonly string[];
}

/** The ONNX file that is built: the Q/DQ model where there is one apart. `model.sha256` is not its hash then. */
export const builtPath = ({ qdqPath, model }: Fix): string => qdqPath ?? model.path;

/** What a command calls a file of the fix. */
export const placeOf = ({ place }: Fix, fileName: string): string => pathArgument(place?.(fileName) ?? fileName);

/** Units write an unnamed node as `(output <tensor>)`. Each name once, in the order of the units. */
export function nodesOf(fix: Fix): NodeNames {
  const all = [...new Set(fix.kept.flatMap((unit) => unit.nodes))];
  const outputs = all.flatMap((node) => outputOf(node) ?? []);
  return { names: all.filter((node) => outputOf(node) === undefined), outputs };
}

const outputOf = (node: string): string | undefined => (node.startsWith("(output ") && node.endsWith(")") ? node.slice(8, -1) : undefined);
