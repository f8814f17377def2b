/**
 * Types of a file that somebody else typed: whether it holds half precision, and float32 weights of another file in the type that their place has here.
 * Decides no type of its own.
 */
import type { Files } from "../../effects/effects.ts";
import { DataType } from "../../onnx/model.ts";
import { type Network, producers } from "../../onnx/network.ts";
import { isDequantize } from "../../onnx/qdq.ts";
import { quantizedPrecisions } from "../../onnx/quantized-precision.ts";
import { halfTensor } from "./half-network.ts";

const halves: ReadonlySet<number> = new Set([DataType.FLOAT16, DataType.BFLOAT16]);

/** True where some weight, scale or constant is FP16 or BF16: its author has chosen types. */
export const hasHalf = (network: Network): boolean => [...network.constants.values()].some(({ dataType }) => halves.has(dataType));

/** A type of a quantised model that a weakly typed network takes only with a flag of its own: FP8, FP4, INT4, bfloat16. Undefined where it has none. */
export const narrowType = (network: Network): string | undefined =>
  quantizedPrecisions(network).find((precision) => precision === "FP8" || precision === "FP4" || precision === "INT4") ??
  ([...network.constants.values()].some(({ dataType }) => dataType === DataType.BFLOAT16) ? "bfloat16" : undefined);

/**
 * `network` is `quantized` with some Q/DQ taken out. A float32 weight that stands where a dequantisation gave FP16 becomes FP16: a strongly
 * typed network refuses operands of two types.
 */
export async function withTypesOf(quantized: Network, network: Network, files: Files): Promise<Network> {
  const makers = producers(quantized.nodes);
  const before = producers(quantized.nodes.filter((node) => !isDequantize(node)));
  const constants = new Map(network.constants);
  for (const node of network.nodes) {
    const original = before.get(node.output[0] ?? "");
    for (const [slot, name] of node.input.entries()) {
      const weight = network.constants.get(name);
      const dequantize = makers.get(original?.input[slot] ?? "");
      if (weight?.dataType !== DataType.FLOAT || original?.input[slot] === name || dequantize === undefined || !isDequantize(dequantize))
        continue;
      const scale = quantized.constants.get(dequantize.input[1] ?? "");
      if (scale?.dataType === DataType.FLOAT16) constants.set(name, await halfTensor(weight, network.folder, files));
    }
  }
  return { ...network, constants };
}
