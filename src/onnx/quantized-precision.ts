/** In which precisions a quantised model computes, by the types of its quantisers and stored weights. Says what the file holds; what an engine runs is its inspector's. */
import { DataType, type NodeProto } from "./model.ts";
import type { Network } from "./network.ts";
import { isDequantize, isDynamicQuantize, isQuantize, quantizedType } from "./qdq.ts";
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

/** `INT8`, `FP8`, `INT8 and INT4`. INT32 biases and scales that are quantised themselves count as nothing; undefined where nothing is quantised. */
export function quantizedPrecision(network: Network): string | undefined {
  const scales = new Set(network.nodes.flatMap((node) => (isPairHalf(node) ? [node.input[1] ?? ""] : [])));
  const types = new Set(network.nodes.filter(({ output }) => !scales.has(output[0] ?? "")).flatMap((node) => typeOf(network, node) ?? []));
  const found = names.flatMap(([name, all]) => (all.some((type) => types.has(type)) ? [name] : []));
  return found.length === 0 ? undefined : found.join(" and ");
}

const isPairHalf = (node: NodeProto): boolean => isQuantize(node) || isDequantize(node);

function typeOf({ constants }: Network, node: NodeProto): number | undefined {
  if (isPairHalf(node))
    return (isDequantize(node) ? constants.get(node.input[0] ?? "")?.dataType : undefined) ?? knownType(constants, node);
  return isDynamicQuantize(node) || isQOperator(node) ? DataType.INT8 : undefined;
}

/** Of a DequantizeLinear without a zero point its QuantizeLinear tells. */
const knownType = (constants: Network["constants"], node: NodeProto): number | undefined =>
  isDequantize(node) && node.domain !== "trt" && !constants.has(node.input[2] ?? "") ? undefined : quantizedType(constants, node);
