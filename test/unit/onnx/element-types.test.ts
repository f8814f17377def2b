/** Right types are those of onnx.shape_inference (onnx 1.23.2) on the same graph. */
import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { guessedTypes } from "../../../src/onnx/element-types.ts";
import { GraphProtoSchema, ValueInfoProtoSchema } from "../../../src/onnx/gen/onnx-ml_pb.js";
import { DataType, graphAttr, int64Tensor, intAttr, makeNode, type NodeProto, type TensorProto } from "../../../src/onnx/model.ts";
import { toNetwork } from "../../../src/onnx/network.ts";
import { parseModel } from "../../../src/onnx/read.ts";
import { modelBytes, node, weight } from "../../fakes/onnx-models.ts";

const named = (names: readonly string[]) => names.map((name) => create(ValueInfoProtoSchema, { name }));
const graph = (
  input: readonly string[],
  nodes: readonly NodeProto[],
  output: readonly string[],
  initializer: readonly TensorProto[] = [],
) =>
  create(GraphProtoSchema, { name: "body", input: named(input), node: [...nodes], output: named(output), initializer: [...initializer] });
const cast = (input: string, output: string, to: number): NodeProto =>
  makeNode({ opType: "Cast", input: [input], output: [output], attribute: [intAttr("to", to)] });

it("what bodies give has the type that they make, not that of the condition or the number of rounds", () => {
  const choice = makeNode({
    opType: "If",
    input: ["t"],
    output: ["chosen", "whole"],
    attribute: [
      graphAttr("then_branch", graph([], [node("MatMul", ["x", "w"], ["a"]), cast("a", "b", DataType.INT32)], ["a", "b"])),
      graphAttr("else_branch", graph([], [node("Exp", ["x"], ["c"]), cast("c", "d", DataType.INT32)], ["c", "d"])),
    ],
  });
  const body = graph(
    ["i", "go", "carried"],
    [node("Identity", ["go"], ["on"]), node("Add", ["carried", "k"], ["next"]), cast("next", "half", DataType.FLOAT16)],
    ["on", "next", "half", "i"],
    [weight("k", [1])],
  );
  const loop = makeNode({
    opType: "Loop",
    input: ["rounds", "", "chosen"],
    output: ["last", "halves", "counts"],
    attribute: [graphAttr("body", body)],
  });
  const rows = graph(["row"], [node("Greater", ["row", "w"], ["more"])], ["more"]);
  const scan = makeNode({
    opType: "Scan",
    input: ["last"],
    output: ["truths"],
    attribute: [intAttr("num_scan_inputs", 1), graphAttr("body", rows)],
  });
  const nodes = [cast("x", "t", DataType.BOOL), choice, loop, scan, node("MatMul", ["last", "w"], ["y"])];
  const types = guessedTypes(
    toNetwork(parseModel(modelBytes({ nodes, weights: [weight("w", [4, 4]), int64Tensor("rounds", [2])], outputs: ["y"] }), "m.onnx")),
  );
  expect(["chosen", "whole", "last", "halves", "counts", "truths", "y"].map((name) => DataType[types.get(name) ?? 0])).toEqual([
    "FLOAT",
    "INT32",
    "FLOAT",
    "FLOAT16",
    "INT64",
    "BOOL",
    "FLOAT",
  ]);
});
