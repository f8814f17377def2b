/**
 * A guess at the element types of tensors, carried from inputs and constants through the operators that keep or name them.
 * Where it knows nothing, a tensor is taken for float32: good for saying why something failed, and where a Cast has to stand.
 */
import type { ValueInfoProto } from "./gen/onnx-ml_pb.js";
import { attribute, DataType, heldTensor, intAttribute, isStandard, type NodeProto, subgraphs, type TensorProto } from "./model.ts";
import { type Network, sortNodes } from "./network.ts";
import { isBlockQuantize, isDequantize, isQuantize, quantizedType } from "./qdq.ts";

/** Data types by tensor of the outermost graph; tensors of which nothing is known are left out. What bodies of If, Loop and Scan give is carried out of them. */
export function guessedTypes(network: Network): Map<string, number> {
  const types = new Map<string, number>();
  for (const [name, { dataType }] of network.constants) types.set(name, dataType);
  for (const { name, type } of network.inputs) setDeclared(types, name, type);
  carryThrough(network.nodes, network.constants, types);
  return types;
}

type Types = Map<string, number>;

function carryThrough(nodes: readonly NodeProto[], constants: ReadonlyMap<string, TensorProto>, types: Types): void {
  for (const node of nodes) {
    const inner = subgraphs(node).length > 0 && isStandard(node) ? bodyTypes(node, constants, types) : undefined;
    if (inner !== undefined) {
      for (const [slot, name] of node.output.entries()) setKnown(types, name, inner[slot]);
      continue;
    }
    const made = isQuantize(node) || isBlockQuantize(node) ? quantizedType(constants, node) : madeType(node, types);
    const [first, ...rest] = node.output;
    setKnown(types, first, made);
    if (alike.has(node.opType)) for (const name of rest) setKnown(types, name, made);
  }
}

/** Of each output; undefined for operators whose bodies mean something else. The first branch of an If tells for both. */
function bodyTypes(node: NodeProto, outer: ReadonlyMap<string, TensorProto>, outside: Types): readonly (number | undefined)[] | undefined {
  const body = attribute(node, node.opType === "If" ? "then_branch" : "body")?.g;
  const first = firstInputs.get(node.opType);
  if (body === undefined || first === undefined) return undefined;
  const types = new Map(outside);
  const constants = new Map(outer);
  for (const tensor of body.initializer) constants.set(tensor.name, tensor);
  for (const one of sortNodes(body.node)) {
    const held = heldTensor(one);
    if (held !== undefined) constants.set(one.output[0] ?? "", held);
  }
  for (const [name, { dataType }] of constants) types.set(name, dataType);
  for (const [slot, { name, type }] of body.input.entries()) {
    types.delete(name);
    setKnown(types, name, slot < first.own.length ? first.own[slot] : outside.get(node.input[slot + first.shift] ?? ""));
    setDeclared(types, name, type);
  }
  carryThrough(sortNodes(body.node), constants, types);
  for (const { name, type } of body.output) if (!types.has(name)) setDeclared(types, name, type);
  return body.output.slice(first.skipped).map(({ name }) => types.get(name));
}

interface BodyInputs {
  /** Types of the inputs that the operator gives by itself. */
  readonly own: readonly number[];
  /** From a body's input to the node's. */
  readonly shift: number;
  /** Outputs of the body that the node does not give. */
  readonly skipped: number;
}
const firstInputs: ReadonlyMap<string, BodyInputs> = new Map([
  ["If", { own: [], shift: 0, skipped: 0 }],
  ["Loop", { own: [DataType.INT64, DataType.BOOL], shift: 0, skipped: 1 }],
  ["Scan", { own: [], shift: 0, skipped: 0 }],
]);

function setKnown(types: Types, name: string | undefined, type: number | undefined): void {
  if (name !== undefined && name !== "" && type !== undefined && type !== DataType.UNDEFINED) types.set(name, type);
}

function setDeclared(types: Types, name: string, type: ValueInfoProto["type"]): void {
  if (type?.value.case === "tensorType") setKnown(types, name, type.value.value.elemType);
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
  if (isDequantize(node)) return intAttribute(node, "output_dtype", 0) || typeOf(1);
  if (!isStandard(node)) return undefined;
  if (opType === "Cast") return Number(attribute(node, "to")?.i ?? 0n);
  if (opType === "CastLike" || opType === "Where") return typeOf(1);
  if (opType === "ConstantOfShape") return attribute(node, "value")?.t?.dataType ?? DataType.FLOAT;
  if (indices.has(opType)) return DataType.INT64;
  if (truths.has(opType)) return DataType.BOOL;
  return typeOf(0);
}
