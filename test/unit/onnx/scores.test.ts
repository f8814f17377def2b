import { describe, expect, it } from "vitest";
import { int64Tensor, intAttr, intsAttr, makeNode } from "../../../src/onnx/model.ts";
import { toNetwork } from "../../../src/onnx/network.ts";
import { parseModel } from "../../../src/onnx/read.ts";
import { scoreSources } from "../../../src/onnx/scores.ts";
import { type ModelParts, modelBytes, node } from "../../fakes/onnx-models.ts";

const scores = (parts: Omit<ModelParts, "outputs">, shapes: Record<string, number[]>) =>
  scoreSources(toNetwork(parseModel(modelBytes({ ...parts, outputs: ["y"] }), "m.onnx")), new Map(Object.entries(shapes))).get("y");
const softmax = (axis: number | undefined, opType = "Softmax") =>
  makeNode({ opType, name: "p", input: ["x"], output: ["s"], attribute: axis === undefined ? [] : [intAttr("axis", axis)] });

describe("scores of outputs", () => {
  it("find a Sigmoid and a LogSoftmax", () => {
    expect(scores({ nodes: [node("Sigmoid", ["x"], ["y"], "gate")] }, { y: [1, 4] })).toEqual({ kind: "sigmoid", node: "gate" });
    expect(scores({ nodes: [softmax(-1, "LogSoftmax"), node("Identity", ["s"], ["y"])] }, { s: [2, 5], y: [2, 5] })).toEqual({
      kind: "logsoftmax",
      axis: 1,
      node: "p",
    });
  });

  it("follow the axis through Transpose, Squeeze, Unsqueeze and Reshape", () => {
    const transpose = makeNode({ opType: "Transpose", input: ["s"], output: ["y"], attribute: [intsAttr("perm", [0, 2, 1])] });
    expect(scores({ nodes: [softmax(1), transpose] }, { s: [1, 5, 7], y: [1, 7, 5] })).toMatchObject({ axis: 2 });
    expect(
      scores({ nodes: [softmax(2), node("Squeeze", ["s", "a"], ["y"])], weights: [int64Tensor("a", [0])] }, { s: [1, 5, 7], y: [5, 7] }),
    ).toMatchObject({ axis: 1 });
    expect(
      scores({ nodes: [softmax(1), node("Unsqueeze", ["s", "a"], ["y"])], weights: [int64Tensor("a", [0])] }, { s: [5, 7], y: [1, 5, 7] }),
    ).toMatchObject({ axis: 2 });
    expect(
      scores(
        { nodes: [softmax(1), node("Reshape", ["s", "a"], ["y"])], weights: [int64Tensor("a", [2, 3, 7])] },
        { s: [6, 7], y: [2, 3, 7] },
      ),
    ).toMatchObject({ axis: 2 });
  });

  it("say nothing where a Reshape cuts the axis, or where no probabilities are made", () => {
    expect(
      scores({ nodes: [softmax(1), node("Reshape", ["s", "a"], ["y"])], weights: [int64Tensor("a", [42])] }, { s: [6, 7], y: [42] }),
    ).toBeUndefined();
    expect(scores({ nodes: [node("Relu", ["x"], ["y"])] }, { y: [1, 4] })).toBeUndefined();
  });

  it("read the axis of old opsets as flattening: one axis only where the others have size 1", () => {
    const nodes = [softmax(undefined), node("Identity", ["s"], ["y"])];
    expect(scores({ nodes, opset: 9 }, { s: [1, 2], y: [1, 2] })).toMatchObject({ axis: 1 });
    expect(scores({ nodes, opset: 9 }, { s: [1, 1, 9], y: [1, 1, 9] })).toMatchObject({ axis: 2 });
    expect(scores({ nodes, opset: 9 }, { s: [1, 3, 9], y: [1, 3, 9] })).toBeUndefined();
    expect(scores({ nodes, opset: 13 }, { s: [1, 3, 9], y: [1, 3, 9] })).toMatchObject({ axis: 2 });
  });
});
