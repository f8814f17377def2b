/**
 * Weights that are stored as narrow integers and made floats by Cast and Mul instead of DequantizeLinear: what was rounded away is as unknown. Finds them; which nodes
 * count is decided by who reads them, since a mask or a table of positions may be written so too.
 */
import { DataType, isStandard, type NodeProto, nodeLabel } from "./model.ts";
import { liveNodes, type Network } from "./network.ts";
import { constantTensors, isCompute } from "./units.ts";

const narrow: ReadonlySet<number> = new Set([
  ...[DataType.INT8, DataType.UINT8, DataType.INT16, DataType.UINT16, DataType.INT4, DataType.UINT4, DataType.INT2, DataType.UINT2],
  ...[DataType.FLOAT8E4M3FN, DataType.FLOAT8E4M3FNUZ, DataType.FLOAT8E5M2, DataType.FLOAT8E5M2FNUZ, DataType.FLOAT4E2M1],
]);
const scaling: ReadonlySet<string> = new Set(["Mul", "Div"]);
const moving: ReadonlySet<string> = new Set([
  "Add",
  "Sub",
  "Cast",
  "Identity",
  "Reshape",
  "Transpose",
  "Squeeze",
  "Unsqueeze",
  "Flatten",
  "Expand",
]);

/** Constants that are a Cast of narrow numbers times a scale, however moved after it. */
export function handDequantised(network: Network): Set<string> {
  const fixed = constantTensors(network);
  const cast = new Set<string>();
  const found = new Set<string>();
  for (const node of network.nodes) {
    const [output = ""] = node.output;
    if (!isStandard(node) || !fixed.has(output)) continue;
    const reads = (names: ReadonlySet<string>) => node.input.some((name) => names.has(name));
    if (reads(found)) {
      if (scaling.has(node.opType) || moving.has(node.opType)) found.add(output);
    } else if (reads(cast)) {
      if (scaling.has(node.opType)) found.add(output);
      else if (moving.has(node.opType)) cast.add(output);
    } else if (node.opType === "Cast" && narrow.has(network.constants.get(node.input[0] ?? "")?.dataType ?? DataType.UNDEFINED))
      cast.add(output);
  }
  return found;
}

/** Reads weights, or a table of them, at this place. */
export const readsWeights = (node: NodeProto, slot: number): boolean =>
  isCompute(node) ? slot < 2 : isStandard(node) && node.opType === "Gather" && slot === 0;

/** Labels of the nodes whose weights are such, in topological order. */
export function nodesOfHandDequantised(network: Network): string[] {
  const found = handDequantised(network);
  if (found.size === 0) return [];
  const live = liveNodes(network);
  return network.nodes
    .filter((node) => live.has(node) && node.input.some((name, slot) => found.has(name) && readsWeights(node, slot)))
    .map(nodeLabel);
}
