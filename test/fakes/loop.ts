/** A matrix product in the body of a Loop. */
import { create } from "@bufbuild/protobuf";
import { GraphProtoSchema, ValueInfoProtoSchema } from "../../src/onnx/gen/onnx-ml_pb.js";
import { DataType, graphAttr, makeNode, type NodeProto } from "../../src/onnx/model.ts";
import { node } from "./onnx-models.ts";

export const typed = (name: string, elemType: number, dims: readonly number[]) => {
  const shape = {
    $typeName: "onnx.TensorShapeProto" as const,
    dim: dims.map((size) => ({
      $typeName: "onnx.TensorShapeProto.Dimension" as const,
      denotation: "",
      value: { case: "dimValue" as const, value: BigInt(size) },
    })),
  };
  return create(ValueInfoProtoSchema, { name, type: { value: { case: "tensorType", value: { elemType, shape } } } });
};

/** t = what `inside` makes r of s, as often as `once` says; s is x at first. */
export const loopOf = (inside: readonly NodeProto[]): readonly NodeProto[] => [
  makeNode({
    opType: "Loop",
    name: "loop",
    input: ["once", "", "x"],
    output: ["t"],
    attribute: [
      graphAttr(
        "body",
        create(GraphProtoSchema, {
          name: "body",
          input: [typed("i", DataType.INT64, []), typed("go", DataType.BOOL, []), typed("s", DataType.FLOAT, [1, 4])],
          node: [node("Identity", ["go"], ["on"]), ...inside],
          output: [typed("on", DataType.BOOL, []), typed("r", DataType.FLOAT, [1, 4])],
        }),
      ),
    ],
  }),
];

/** t = x · w, once around. */
export const loop = loopOf([node("MatMul", ["s", "w"], ["r"], "inside")]);
