/**
 * A guess at the element types of tensors, carried from inputs and constants through the operators that keep or name them.
 * Where it knows nothing, a tensor is taken for float32: good for saying why something failed, and where a Cast has to stand.
 */
import { attribute, DataType, isStandard, type NodeProto } from "./model.ts";
import type { Network } from "./network.ts";
import { isQuantize, quantizedType } from "./qdq.ts";

/** Data types by tensor; tensors of which nothing is known are left out. */
export function guessedTypes(network: Network): Map<string, number> {
  const types = new Map<string, number>();
  for (const [name, { dataType }] of network.constants) types.set(name, dataType);
  for (const { name, type } of network.inputs) if (type?.value.case === "tensorType") types.set(name, type.value.value.elemType);
  for (const node of network.nodes) {
    const made = isQuantize(node) ? quantizedType(network.constants, node) : madeType(node, types);
    const [first, ...rest] = node.output;
    if (made !== undefined && first !== undefined && first !== "") types.set(first, made);
    if (made !== undefined && alike.has(node.opType)) for (const name of rest) if (name !== "") types.set(name, made);
  }
  return types;
}

/** The type itself where it is half precision or bfloat16; undefined for every other. */
export const narrowFloat = (type: number | undefined): number | undefined =>
  type === DataType.FLOAT16 || type === DataType.BFLOAT16 ? type : undefined;

/** Operators all of whose outputs have the type of their first input. */
const alike: ReadonlySet<string> = new Set(["Split", "LSTM", "GRU", "RNN"]);
const indices: ReadonlySet<string> = new Set(["Shape", "Size", "ArgMax", "ArgMin", "NonZero", "NonMaxSuppression"]);
const truths: ReadonlySet<string> = new Set([
  ...["Equal", "Greater", "GreaterOrEqual", "Less", "LessOrEqual", "And", "Or", "Xor", "Not", "IsNaN", "IsInf"],
]);

function madeType(node: NodeProto, types: ReadonlyMap<string, number>): number | undefined {
  const { opType } = node;
  const typeOf = (slot: number) => types.get(node.input[slot] ?? "");
  if (!isStandard(node)) return opType === "DequantizeLinear" ? typeOf(1) : undefined;
  if (opType === "Cast") return Number(attribute(node, "to")?.i ?? 0n);
  if (opType === "CastLike" || opType === "Where" || opType === "DequantizeLinear") return typeOf(1);
  if (opType === "ConstantOfShape") return attribute(node, "value")?.t?.dataType ?? DataType.FLOAT;
  if (indices.has(opType)) return DataType.INT64;
  if (truths.has(opType)) return DataType.BOOL;
  return typeOf(0);
}
