/** Small ONNX models made on the spot: x [1, 4] -> a matrix product -> something that goes wrong. */
import { create, toBinary } from "@bufbuild/protobuf";
import {
  GraphProtoSchema,
  ModelProtoSchema,
  OperatorSetIdProtoSchema,
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TypeProto_TensorSchema,
  TypeProtoSchema,
  ValueInfoProtoSchema,
} from "../../src/onnx/gen/onnx-ml_pb.js";
import { DataType, floatTensor, makeNode, type NodeProto } from "../../src/onnx/model.ts";

const floats = (name: string, dims: readonly number[]) =>
  create(ValueInfoProtoSchema, {
    name,
    type: create(TypeProtoSchema, {
      value: {
        case: "tensorType",
        value: create(TypeProto_TensorSchema, {
          elemType: DataType.FLOAT,
          shape: create(TensorShapeProtoSchema, {
            dim: dims.map((dim) => create(TensorShapeProto_DimensionSchema, { value: { case: "dimValue", value: BigInt(dim) } })),
          }),
        }),
      },
    }),
  });

function model(last: NodeProto, weights: readonly number[]): Uint8Array {
  const graph = create(GraphProtoSchema, {
    name: "small",
    input: [floats("x", [1, 4])],
    output: [floats("y", [1, 4])],
    initializer: [floatTensor("w", [4, 4], Float32Array.from(weights))],
    node: [makeNode({ opType: "MatMul", name: "product", input: ["x", "w"], output: ["h"] }), last],
  });
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, { irVersion: 8n, graph, opsetImport: [create(OperatorSetIdProtoSchema, { domain: "", version: 17n })] }),
  );
}

const identity = Array.from({ length: 16 }, (_, i) => (i % 5 === 0 ? 1 : 0));

/** The logarithm of negative numbers: NaN on both sides for any input above zero. */
export const nanModel = (): Uint8Array =>
  model(
    makeNode({ opType: "Log", name: "log", input: ["h"], output: ["y"] }),
    identity.map((value) => -value),
  );

/** An operator that no runtime knows. */
export const unsupportedModel = (): Uint8Array =>
  model(makeNode({ opType: "NoSuchOperator", name: "odd", input: ["h"], output: ["y"] }), identity);

/** Well behaved: y = relu(x · w). */
export const soundModel = (): Uint8Array => model(makeNode({ opType: "Relu", name: "relu", input: ["h"], output: ["y"] }), identity);
