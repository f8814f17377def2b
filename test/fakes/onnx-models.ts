/** Small ONNX models built in memory: one graph from its nodes, weights and shapes. */
import { create, toBinary } from "@bufbuild/protobuf";
import {
  GraphProtoSchema,
  ModelProtoSchema,
  OperatorSetIdProtoSchema,
  StringStringEntryProtoSchema,
  TypeProtoSchema,
  ValueInfoProtoSchema,
} from "../../src/onnx/gen/onnx-ml_pb.js";
import { DataLocation, DataType, floatTensor, type ModelProto, makeNode, type NodeProto, type TensorProto } from "../../src/onnx/model.ts";

export interface ModelParts {
  readonly nodes: readonly NodeProto[];
  readonly weights?: readonly TensorProto[];
  /** A text is an open dimension. */
  readonly inputs?: Readonly<Record<string, readonly (number | string)[]>>;
  /** Of every input; float32 without. */
  readonly inputType?: number;
  readonly outputs: readonly string[];
  /** By name; float32 without. A parser of TensorRT refuses outputs without a type. */
  readonly outputTypes?: Readonly<Record<string, number>>;
  readonly opset?: number;
}

export function modelProto(parts: ModelParts): ModelProto {
  const graph = create(GraphProtoSchema, {
    name: "g",
    node: [...parts.nodes],
    initializer: [...(parts.weights ?? [])],
    input: Object.entries(parts.inputs ?? { x: [1, 4] }).map(([name, dims]) => typed(name, dims, parts.inputType ?? DataType.FLOAT)),
    output: parts.outputs.map((name) => typed(name, undefined, parts.outputTypes?.[name] ?? DataType.FLOAT)),
  });
  return create(ModelProtoSchema, {
    irVersion: 8n,
    opsetImport: [create(OperatorSetIdProtoSchema, { domain: "", version: BigInt(parts.opset ?? 13) })],
    graph,
  });
}

export const modelBytes = (parts: ModelParts): Uint8Array => toBinary(ModelProtoSchema, modelProto(parts));
export const encode = (proto: ModelProto): Uint8Array => toBinary(ModelProtoSchema, proto);

/** Without `dims` nothing is said of its shape. */
const typed = (name: string, dims: readonly (number | string)[] | undefined, elemType: number) =>
  create(ValueInfoProtoSchema, {
    name,
    type: create(TypeProtoSchema, {
      value: {
        case: "tensorType",
        value: { $typeName: "onnx.TypeProto.Tensor", elemType, ...(dims === undefined ? {} : { shape: shapeOf(dims) }) },
      },
    }),
  });

const shapeOf = (dims: readonly (number | string)[]) => ({
  $typeName: "onnx.TensorShapeProto" as const,
  dim: dims.map((dim) => ({
    $typeName: "onnx.TensorShapeProto.Dimension" as const,
    denotation: "",
    value: typeof dim === "number" ? { case: "dimValue" as const, value: BigInt(dim) } : { case: "dimParam" as const, value: dim },
  })),
});

export const node = (opType: string, input: readonly string[], output: readonly string[], name = ""): NodeProto =>
  makeNode({ opType, input, output, name });

/** Counts up from 0 in steps of 0.01. */
export const weight = (name: string, shape: readonly number[]): TensorProto =>
  floatTensor(
    name,
    shape,
    Float32Array.from({ length: shape.reduce((product, dim) => product * dim, 1) }, (_, i) => i / 100),
  );

/** A float tensor of four values whose bytes are elsewhere. */
export function externalTensor(name: string, entries: Readonly<Record<string, string>>): TensorProto {
  const tensor = floatTensor(name, [4], new Float32Array(4));
  tensor.rawData = new Uint8Array(0);
  tensor.dataLocation = DataLocation.EXTERNAL;
  tensor.externalData = Object.entries(entries).map(([key, value]) => create(StringStringEntryProtoSchema, { key, value }));
  return tensor;
}
