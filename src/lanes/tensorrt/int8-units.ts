/** How many of the units that have scales an engine runs in INT8, or in the FP8 or FP4 that the unit's own Q/DQ asks for, by the engine inspector. Judges nothing. */
import type { ExecutedLayer, Int8Count } from "../../model/engine.ts";
import type { Unit } from "../../model/unit.ts";
import { isOpaque, isReformat, runsIn } from "./executed-precision.ts";

/**
 * `units`: those that the build could have run in INT8. A unit inside a Myelin region is unknown, since the inspector shows the region as one
 * layer, and so is one that no layer names. Undefined where the inspector tells nothing.
 */
export function countInt8Units(executed: readonly ExecutedLayer[], units: readonly Unit[]): Int8Count | undefined {
  if (executed.every(({ precision }) => precision === "")) return undefined;
  const count = { int8: 0, other: 0, unknown: 0 };
  for (const unit of units) count[kindOf(executed, unit)] += 1;
  const wanted = [...new Set(units.map(({ precision = "INT8" }) => precision))].toSorted().join(" and ");
  return wanted === "" || wanted === "INT8" ? count : { ...count, precision: wanted };
}

function kindOf(executed: readonly ExecutedLayer[], { nodes: [node = ""], precision }: Unit): "int8" | "other" | "unknown" {
  const own = executed.filter((layer) => !isReformat(layer) && nodesOf(layer).includes(node));
  if (own.length === 0 || own.some(isOpaque)) return "unknown";
  return own.some((layer) => runsIn(layer, precision)) ? "int8" : "other";
}

/** TensorRT writes fused layers as `a + b` where it has no metadata. */
const nodesOf = ({ layer, nodes }: ExecutedLayer): readonly string[] => (nodes.length > 0 ? nodes : layer.split(" + "));
