import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { NodeProtoSchema, TensorProtoSchema } from "../../../src/onnx/gen/onnx-ml_pb.js";
import { isStandard, withFields } from "../../../src/onnx/model.ts";

/** As a file gives it: fields that nobody wrote are not set. */
const unnamedNode = () =>
  fromBinary(NodeProtoSchema, toBinary(NodeProtoSchema, create(NodeProtoSchema, { opType: "Split", input: ["x"] })));

describe("a copy with other fields", () => {
  it("keeps the defaults of what the file leaves unset, and leaves it unset", () => {
    const copy = withFields(unnamedNode(), { output: ["a", "b"] });
    expect([copy.name, copy.domain, copy.output]).toEqual(["", "", ["a", "b"]]);
    expect(isStandard(copy)).toBe(true);
    expect(fromBinary(NodeProtoSchema, toBinary(NodeProtoSchema, copy))).toEqual(withFields(unnamedNode(), { output: ["a", "b"] }));
    const numbers = withFields(create(TensorProtoSchema, { floatData: [1, 2] }), { name: "w" });
    expect(numbers.rawData).toHaveLength(0);
    expect(Object.hasOwn(numbers, "rawData")).toBe(false);
  });

  it("changes nothing of the one it was made from", () => {
    const node = unnamedNode();
    withFields(node, { name: "other" });
    expect(node.name).toBe("");
  });
});
