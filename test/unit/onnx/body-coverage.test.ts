import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { computeOfFloatKinds } from "../../../src/onnx/body-coverage.ts";
import { GraphProtoSchema, ValueInfoProtoSchema } from "../../../src/onnx/gen/onnx-ml_pb.js";
import { graphAttr, makeNode, type NodeProto } from "../../../src/onnx/model.ts";
import { toNetwork } from "../../../src/onnx/network.ts";
import { parseModel } from "../../../src/onnx/read.ts";
import { modelBytes, node, weight } from "../../fakes/onnx-models.ts";

const network = (nodes: readonly NodeProto[], outputs: readonly string[]) =>
  toNetwork(parseModel(modelBytes({ nodes, weights: [weight("w", [4, 4])], outputs }), "m.onnx"));
const microsoft = (opType: string, input: readonly string[], output: string, name: string) =>
  makeNode({ opType, domain: "com.microsoft", input, output: [output], name });

it("compute of kinds that stay in float is named, in bodies too, and what only looks like it is not", () => {
  const body = create(GraphProtoSchema, {
    name: "body",
    node: [node("GRU", ["a", "w", "w"], ["g"], "inner")],
    output: [create(ValueInfoProtoSchema, { name: "g" })],
  });
  const nodes = [
    node("LSTM", ["x", "w", "w"], ["a"], "steps"),
    microsoft("FusedMatMul", ["a", "w"], "b", "fused"),
    microsoft("MultiHeadAttention", ["b", "b", "b"], "c", ""),
    node("Einsum", ["c"], ["d"], "transposes"),
    node("Einsum", ["w", "w"], ["k"], "constant"),
    node("Einsum", ["d", "k"], ["e"], "product"),
    node("DeformConv", ["e", "w", "e"], ["unread"], "dead"),
    makeNode({ opType: "Attention", domain: "my.own", input: ["e"], output: ["f"], name: "foreign" }),
    node("Cast", ["f"], ["t"]),
    makeNode({
      opType: "If",
      name: "if",
      input: ["t"],
      output: ["y"],
      attribute: [graphAttr("then_branch", body), graphAttr("else_branch", body)],
    }),
  ];
  const found = computeOfFloatKinds(network(nodes, ["y"]), ({ name }) => name === "steps");
  expect(found).toEqual([
    "FusedMatMul 'fused'",
    "MultiHeadAttention '(output c)'",
    "Einsum 'product'",
    "GRU inner in the body of If if",
    "GRU inner in the body of If if",
  ]);
});
