import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { bodyInputs, bodyProducts } from "../../../src/onnx/bodies.ts";
import { GraphProtoSchema, ValueInfoProtoSchema } from "../../../src/onnx/gen/onnx-ml_pb.js";
import { graphAttr, makeNode, type NodeProto, type TensorProto } from "../../../src/onnx/model.ts";
import { mapNodes, toNetwork } from "../../../src/onnx/network.ts";
import { parseModel } from "../../../src/onnx/read.ts";
import { modelBytes, node, weight } from "../../fakes/onnx-models.ts";

const named = (names: readonly string[]) => names.map((name) => create(ValueInfoProtoSchema, { name }));
const graph = (nodes: readonly NodeProto[], output: string, initializer: readonly TensorProto[] = []) =>
  create(GraphProtoSchema, { name: "body", node: [...nodes], output: named([output]), initializer: [...initializer] });
const branch = (opType: string, bodies: Readonly<Record<string, ReturnType<typeof graph>>>) =>
  makeNode({
    opType,
    name: "if",
    input: ["c"],
    output: ["y"],
    attribute: Object.entries(bodies).map(([name, one]) => graphAttr(name, one)),
  });

const network = (bodies: Readonly<Record<string, ReturnType<typeof graph>>>, more: readonly NodeProto[] = []) =>
  toNetwork(
    parseModel(
      modelBytes({
        nodes: [node("Neg", ["x"], ["h"]), node("Cast", ["x"], ["c"]), ...more, branch("If", bodies)],
        weights: [weight("w", [4, 4])],
        outputs: ["y"],
      }),
      "m.onnx",
    ),
  );

it("compute nodes of bodies are found with what they read from inside and outside", () => {
  const one = network({
    then_branch: graph([node("MatMul", ["h", "w"], ["a"], "outer"), node("Relu", ["a"], ["b"])], "b"),
    else_branch: graph([node("Exp", ["h"], ["d"]), node("MatMul", ["d", "own"], ["e"], "inner")], "e", [weight("own", [4, 4])]),
  });
  expect(bodyProducts(one).map(({ label, inputs, weights, isAmbiguous }) => [label, inputs, [...weights.keys()], isAmbiguous])).toEqual([
    ["outer in the body of If if", ["h"], [1], false],
    ["inner in the body of If if", ["d"], [1], false],
  ]);
  expect(bodyInputs(one).map(({ inputs }) => inputs)).toEqual([["h"], ["d"]]);
});

it("a name that both branches use means two tensors, and a product of constants is none", () => {
  const both = (last: string) => graph([node("Exp", ["h"], ["d"]), node("MatMul", ["d", "w"], [last])], last);
  expect(bodyProducts(network({ then_branch: both("e"), else_branch: both("f") })).map(({ isAmbiguous }) => isAmbiguous)).toEqual([
    true,
    true,
  ]);
  const fixed = () => graph([node("MatMul", ["w", "w"], ["k"])], "k");
  expect(bodyProducts(network({ then_branch: fixed(), else_branch: fixed() }))).toEqual([]);
});

it("nodes are replaced inside bodies, and what holds none stays the same object", () => {
  const one = network({
    then_branch: graph([node("MatMul", ["h", "w"], ["a"])], "a"),
    else_branch: graph([node("Exp", ["h"], ["d"])], "d"),
  });
  const mapped = mapNodes(one.nodes, (each) => (each.opType === "MatMul" ? [node("Neg", ["h"], ["n"]), each] : undefined));
  const types = (each: NodeProto | undefined) => each?.attribute.map(({ g }) => g?.node.map(({ opType }) => opType));
  expect(types(mapped.at(-1))).toEqual([["Neg", "MatMul"], ["Exp"]]);
  expect(types(one.nodes.at(-1))).toEqual([["MatMul"], ["Exp"]]);
  expect(mapped[0]).toBe(one.nodes[0]);
  expect(mapped.at(-1)?.attribute[1]?.g).toBe(one.nodes.at(-1)?.attribute[1]?.g);
});
