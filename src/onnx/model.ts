/**
 * The ONNX words that the rest of this room speaks: the parsed model, and short ways to read attributes and to make nodes and tensors.
 * Knows the schema; decides nothing about quantisation and touches no file.
 */
import { create, type Message } from "@bufbuild/protobuf";
import type { AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto } from "./gen/onnx-ml_pb.js";
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  NodeProtoSchema,
  TensorProto_DataType,
  TensorProtoSchema,
} from "./gen/onnx-ml_pb.js";

export type { AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto } from "./gen/onnx-ml_pb.js";
export { TensorProto_DataLocation as DataLocation, TensorProto_DataType as DataType } from "./gen/onnx-ml_pb.js";

/** A parsed file. `folder` is where its external data lies. Edits happen on `proto`: fields this schema does not know stay in it. */
export interface OnnxModel {
  /** The user's own name for it, for messages. */
  readonly file: string;
  /** Name of the file in `folder` that its bytes are in: large weights may be left there. */
  readonly ownFile: string;
  readonly folder: string;
  readonly proto: ModelProto;
  readonly graph: GraphProto;
}

/** Undefined where the node does not have it, whatever its type. */
export const attribute = (node: NodeProto, name: string): AttributeProto | undefined => node.attribute.find((one) => one.name === name);

/** Integer attribute as a number; `fallback` where the node does not say. */
export const intAttribute = (node: NodeProto, name: string, fallback: number): number => {
  const found = attribute(node, name);
  return found === undefined ? fallback : Number(found.i);
};

/** Undefined where the node does not have it; empty where it is of another type. */
export const intsAttribute = (node: NodeProto, name: string): number[] | undefined => attribute(node, name)?.ints.map(Number);

/** As UTF-8; `fallback` for one that is absent or empty. */
export const textAttribute = (node: NodeProto, name: string, fallback: string): string =>
  new TextDecoder().decode(attribute(node, name)?.s) || fallback;

/** Throws RangeError for a number that is not whole. */
export const intAttr = (name: string, value: number): AttributeProto =>
  create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.INT, i: BigInt(value) });

/** Throws RangeError for numbers that are not whole. */
export const intsAttr = (name: string, values: readonly number[]): AttributeProto =>
  create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.INTS, ints: values.map(BigInt) });

/** As UTF-8. */
export const stringAttr = (name: string, text: string): AttributeProto =>
  create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.STRING, s: new TextEncoder().encode(text) });

/** A body, which is shared and not copied. */
export const graphAttr = (name: string, graph: GraphProto): AttributeProto =>
  create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.GRAPH, g: graph });

export interface NodeParts {
  readonly opType: string;
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly name?: string;
  readonly domain?: string;
  readonly attribute?: readonly AttributeProto[];
}

/** Name and domain are empty where they are left out. */
export const makeNode = (parts: NodeParts): NodeProto =>
  create(NodeProtoSchema, {
    opType: parts.opType,
    input: [...parts.input],
    output: [...parts.output],
    name: parts.name ?? "",
    domain: parts.domain ?? "",
    attribute: [...(parts.attribute ?? [])],
  });

/** The same operation with other inputs or outputs. Attributes are shared, not copied. */
export const rewire = (
  node: NodeProto,
  change: { readonly input?: readonly string[]; readonly output?: readonly string[]; readonly name?: string },
): NodeProto =>
  makeNode({
    opType: node.opType,
    domain: node.domain,
    name: change.name ?? node.name,
    attribute: node.attribute,
    input: change.input ?? node.input,
    output: change.output ?? node.output,
  });

/** A copy with other fields; arrays and bytes are shared. Spreading would lose the defaults of unset fields, which lie on the prototype. */
export const withFields = <T extends Message>(message: T, change: Partial<T>): T =>
  Object.assign(Object.create(Object.getPrototypeOf(message)), message, change);

/** Shares its memory with `values`. */
export const floatTensor = (name: string, shape: readonly number[], values: Float32Array): TensorProto =>
  create(TensorProtoSchema, {
    name,
    dims: shape.map(BigInt),
    dataType: TensorProto_DataType.FLOAT,
    rawData: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
  });

/** Shares its memory with `values`. */
export const int8Tensor = (name: string, shape: readonly number[], values: Int8Array): TensorProto =>
  create(TensorProtoSchema, {
    name,
    dims: shape.map(BigInt),
    dataType: TensorProto_DataType.INT8,
    rawData: new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
  });

/** A list. Throws RangeError for numbers that are not whole. */
export const int64Tensor = (name: string, values: readonly number[]): TensorProto =>
  create(TensorProtoSchema, {
    name,
    dims: [BigInt(values.length)],
    dataType: TensorProto_DataType.INT64,
    rawData: new Uint8Array(BigInt64Array.from(values, BigInt).buffer),
  });

/** Empty for a scalar. */
export const tensorShape = (tensor: TensorProto): number[] => tensor.dims.map(Number);

/** The tensor that a Constant node holds; undefined for other nodes, and for a Constant in another form. */
export const heldTensor = (node: NodeProto): TensorProto | undefined =>
  node.opType === "Constant" && isStandard(node) ? attribute(node, "value")?.t : undefined;

/** Without a name where none is given. */
export const castNode = (from: string, into: string, to: number, name = ""): NodeProto =>
  makeNode({ opType: "Cast", name, input: [from], output: [into], attribute: [intAttr("to", to)] });

/** Names of the ONNX standard domain: written as "" or "ai.onnx". */
export const isStandard = (node: NodeProto): boolean => node.domain === "" || node.domain === "ai.onnx";

/** How a node is named to people: its own name, or its first output where the file gives none. */
export const nodeLabel = (node: NodeProto): string =>
  node.name === "" ? `(output ${node.output.find((name) => name !== "") ?? "none"})` : node.name;

/** Graphs inside a node (`If`, `Loop`, `Scan`). */
export const subgraphs = (node: NodeProto): GraphProto[] =>
  node.attribute.flatMap((one) => [...(one.g === undefined ? [] : [one.g]), ...one.graphs]);
