/** Scales and zero points of a model's quantisers, by the tensor that is quantised. Compares nothing. */
import { smallValues } from "./constants.ts";
import type { OnnxModel } from "./model.ts";
import { producers, toNetwork } from "./network.ts";
import { isDequantize, isQuantize, storedSource } from "./qdq.ts";

export interface QuantiserConstant {
  /** What is quantised: an activation, a weight, or a weight's stored integers. */
  readonly tensor: string;
  readonly kind: "scale" | "zero point";
  /** One number, or one a channel or block. */
  readonly values: ArrayLike<number>;
}

/** By the constant's own name, which several quantisers may share: then the first one's tensor. Constants that lie outside the file are left out. */
export function quantiserConstants(model: OnnxModel): Map<string, QuantiserConstant> {
  const { nodes, constants } = toNetwork(model);
  const makers = producers(nodes);
  const found = new Map<string, QuantiserConstant>();
  for (const node of nodes) {
    if (!(isQuantize(node) || isDequantize(node))) continue;
    const tensor = isQuantize(node) ? (node.input[0] ?? "") : storedSource(makers, node);
    for (const [slot, kind] of [[1, "scale"] as const, [2, "zero point"] as const]) {
      const name = node.input[slot] ?? "";
      const constant = constants.get(name);
      const values = constant && smallValues(constant);
      if (values !== undefined && !found.has(name)) found.set(name, { tensor, kind, values });
    }
  }
  return found;
}
