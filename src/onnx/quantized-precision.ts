/** In which precisions a quantised model computes, by the types of its quantisers and stored weights. Says what the file holds; what an engine runs is its inspector's. */
import { DataType, type NodeProto } from "./model.ts";
import type { Network } from "./network.ts";
import { dequantizedFrom, isBlockQuantize, isDequantize, isDynamicQuantize, isQuantize, quantizedType } from "./qdq.ts";
import { isQOperator } from "./qoperators.ts";

/** In the order in which they are named. */
const names: readonly (readonly [string, readonly number[]])[] = [
  ["FP8", [DataType.FLOAT8E4M3FN, DataType.FLOAT8E4M3FNUZ, DataType.FLOAT8E5M2, DataType.FLOAT8E5M2FNUZ]],
  ["FP4", [DataType.FLOAT4E2M1]],
  ["INT8", [DataType.INT8, DataType.UINT8]],
  ["INT16", [DataType.INT16, DataType.UINT16]],
  ["INT4", [DataType.INT4, DataType.UINT4]],
  ["INT2", [DataType.INT2, DataType.UINT2]],
];

/** As TensorRT names it, signed or not; undefined for what quantises nothing (INT32, floats). */
export const precisionWord = (type: number | undefined): string | undefined =>
  names.find(([, types]) => type !== undefined && types.includes(type))?.[0];

/** `INT8`, `FP8`, `INT8 and INT4`. INT32 biases and scales that are quantised themselves count as nothing; undefined where nothing is quantised. */
export function quantizedPrecision(network: Network): string | undefined {
  const found = quantizedPrecisions(network);
  return found.length === 0 ? undefined : found.join(" and ");
}

/** The same one by one. */
export function quantizedPrecisions(network: Network): readonly string[] {
  const scales = new Set(network.nodes.flatMap((node) => (isPairHalf(node) ? [node.input[1] ?? ""] : [])));
  const types = new Set(network.nodes.filter(({ output }) => !scales.has(output[0] ?? "")).flatMap((node) => typeOf(network, node) ?? []));
  return names.flatMap(([name, all]) => (all.some((type) => types.has(type)) ? [name] : []));
}

const isPairHalf = (node: NodeProto): boolean => isQuantize(node) || isDequantize(node);

/** Of a DequantizeLinear that does not say it its QuantizeLinear tells. */
function typeOf({ constants }: Network, node: NodeProto): number | undefined {
  if (isDequantize(node)) return dequantizedFrom(constants, node);
  if (isQuantize(node) || isBlockQuantize(node)) return quantizedType(constants, node);
  return isDynamicQuantize(node) || isQOperator(node) ? DataType.INT8 : undefined;
}
