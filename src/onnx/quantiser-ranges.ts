/** What the quantisers of activations hold, by the tensor that each reads. Of a model with Q/DQ; weights are not looked at. */
import type { HeldRange } from "../model/held-range.ts";
import { smallValues } from "./constants.ts";
import { DataType, type NodeProto } from "./model.ts";
import type { Network } from "./network.ts";
import { clampRange, isQuantize, quantizedType } from "./qdq.ts";
import { removedActivations } from "./removed-activation.ts";
import { constantTensors } from "./units.ts";

/** Largest number of E4M3, which saturates there. */
const largestFp8 = 448;

/**
 * The narrowest of several that read one tensor. An end where a Relu or Clip was left out is that activation's: what lies beyond is cut off in float as well.
 * Quantisers with a scale for each channel, and those whose constants lie outside the file, are left out.
 */
export function quantiserRanges(network: Network, float: Network | undefined): Map<string, HeldRange> {
  const fixed = constantTensors(network);
  const removed = removedActivations(network, float);
  const ranges = new Map<string, HeldRange>();
  for (const node of network.nodes) {
    const [tensor = ""] = node.input;
    const held = isQuantize(node) && !fixed.has(tensor) ? heldBy(network, node) : undefined;
    if (held === undefined) continue;
    const activation = removed(node);
    const before = ranges.get(tensor);
    ranges.set(tensor, {
      low: Math.max(before?.low ?? Number.NEGATIVE_INFINITY, Number.isFinite(activation?.low) ? Number.NEGATIVE_INFINITY : held.low),
      high: Math.min(before?.high ?? Number.POSITIVE_INFINITY, Number.isFinite(activation?.high) ? Number.POSITIVE_INFINITY : held.high),
    });
  }
  return ranges;
}

function heldBy({ constants }: Network, quantize: NodeProto): HeldRange | undefined {
  const range = clampRange(constants, quantize);
  if (range !== undefined || quantizedType(constants, quantize) !== DataType.FLOAT8E4M3FN) return range;
  const scale = constants.get(quantize.input[1] ?? "");
  const values = scale && smallValues(scale);
  return values?.length === 1 ? { low: -largestFp8 * (values[0] ?? Number.NaN), high: largestFp8 * (values[0] ?? Number.NaN) } : undefined;
}
