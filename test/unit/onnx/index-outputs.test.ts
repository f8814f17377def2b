import { describe, expect, it } from "vitest";
import { sizedBy, valueKinds } from "../../../src/onnx/index-outputs.ts";
import { DataType, int64Tensor, intAttr, makeNode, type NodeProto } from "../../../src/onnx/model.ts";
import { producers, toNetwork } from "../../../src/onnx/network.ts";
import { parseModel } from "../../../src/onnx/read.ts";
import { modelBytes, node } from "../../fakes/onnx-models.ts";

const cast = (input: string, output: string, to: number): NodeProto =>
  makeNode({ opType: "Cast", input: [input], output: [output], attribute: [intAttr("to", to)] });

const plugin = (output: string) => makeNode({ opType: "Decode_TRT", domain: "my.own", input: ["x"], output: [output] });

function networkOf(nodes: readonly NodeProto[]) {
  const weights = [int64Tensor("one", [1]), int64Tensor("shape", [-1]), int64Tensor("k", [2])];
  return toNetwork(parseModel(modelBytes({ nodes, weights, outputs: ["y"] }), "m.onnx"));
}
const valuesIn = (...nodes: NodeProto[]) => valueKinds(networkOf(nodes), producers(nodes))("y");

describe("values that name something", () => {
  it.each<[string, NodeProto[]]>([
    ["ArgMax", [node("ArgMax", ["x"], ["y"])]],
    [
      "ArgMax, moved and cast to float",
      [node("ArgMax", ["x"], ["a"]), node("Reshape", ["a", "shape"], ["b"]), cast("b", "y", DataType.FLOAT)],
    ],
    ["class numbers that begin with one", [node("ArgMax", ["x"], ["a"]), node("Add", ["one", "a"], ["y"])]],
    ["the indices of TopK", [node("TopK", ["x", "k"], ["v", "y"])]],
    ["a comparison", [node("Greater", ["x", "one"], ["g"]), cast("g", "y", DataType.UINT8)]],
    ["a choice between two constants", [node("Greater", ["x", "one"], ["g"]), node("Where", ["g", "one", "one"], ["y"])]],
    ["a truth value made of a number", [cast("x", "b", DataType.BOOL), cast("b", "y", DataType.INT64)]],
    [
      "ArgMax, enlarged as a picture by its nearest neighbours",
      [
        node("ArgMax", ["x"], ["a"]),
        cast("a", "f", DataType.FLOAT),
        node("Resize", ["f", "", "one"], ["r"]),
        cast("r", "y", DataType.INT64),
      ],
    ],
    [
      "a choice between names and a constant",
      [node("ArgMax", ["x"], ["a"]), node("Greater", ["x", "one"], ["g"]), node("Where", ["g", "a", "one"], ["y"])],
    ],
    ["joined class numbers", [node("ArgMax", ["x"], ["a"]), node("ArgMin", ["x"], ["b"]), node("Concat", ["a", "b"], ["y"])]],
    ["NonMaxSuppression", [node("NonMaxSuppression", ["x", "x"], ["y"])]],
  ])("are those of %s", (_, nodes) => {
    expect(valuesIn(...nodes)).toBe("index");
  });

  it.each<[string, NodeProto[], string | undefined]>([
    ["the values of TopK", [node("TopK", ["x", "k"], ["y", "i"])], undefined],
    ["the sum of class numbers and something measured", [node("ArgMax", ["x"], ["a"]), node("Add", ["x", "a"], ["y"])], undefined],
    ["quantised values", [node("QuantizeLinear", ["x", "one"], ["y"])], "quantity"],
    ["a picture of bytes", [node("Clip", ["x"], ["c"]), cast("c", "y", DataType.UINT8)], "quantity"],
    ["numbers rounded to 64 bits", [node("Floor", ["x"], ["f"]), cast("f", "y", DataType.INT64)], "quantity"],
    ["sums of products in whole numbers", [cast("x", "i", DataType.INT8), node("MatMulInteger", ["i", "i"], ["y"])], "quantity"],
    [
      "coordinates cast to whole numbers, scaled by a picture's size and picked by NonMaxSuppression",
      [
        node("Sigmoid", ["x"], ["s"]),
        node("Shape", ["x"], ["size"]),
        cast("size", "wide", DataType.FLOAT),
        node("Mul", ["s", "wide"], ["boxes"]),
        node("NonMaxSuppression", ["boxes", "s"], ["n"]),
        node("Gather", ["boxes", "n"], ["g"]),
        cast("g", "y", DataType.INT32),
      ],
      "quantity",
    ],
    ["scores of TopK cast to whole numbers", [node("TopK", ["x", "k"], ["v", "i"]), cast("v", "y", DataType.INT64)], "quantity"],
    ["what a plugin gives, cast to whole numbers", [plugin("y0"), cast("y0", "y", DataType.INT64)], undefined],
    [
      "names behind an operator of their own",
      [node("ArgMax", ["x"], ["a"]), cast("a", "f", DataType.FLOAT), node("ReduceMax", ["f"], ["r"]), cast("r", "y", DataType.INT64)],
      undefined,
    ],
  ])("are not %s", (_, nodes, wanted) => {
    expect(valuesIn(...nodes)).toBe(wanted);
  });
});

it("the size of an output depends on the data behind NonMaxSuppression and NonZero, however far", () => {
  const nodes = [node("NonMaxSuppression", ["b", "s"], ["n"], "nms"), node("Gather", ["x", "n"], ["g"]), node("Relu", ["g"], ["y"])];
  expect(sizedBy(producers(nodes), "y")).toEqual({ opType: "NonMaxSuppression", node: "nms" });
  expect(sizedBy(producers([node("Relu", ["x"], ["y"])]), "y")).toBeUndefined();
});
