import { describe, expect, it } from "vitest";
import type { NodeProto } from "../../../src/onnx/model.ts";
import { toNetwork } from "../../../src/onnx/network.ts";
import { parseModel, readModel } from "../../../src/onnx/read.ts";
import { findUnits } from "../../../src/onnx/units.ts";
import { modelBytes, node, weight } from "../../fakes/onnx-models.ts";
import { runEffects } from "../../fakes/run-effects.ts";
import { classifier, recogniser } from "../../fakes/simulate-job.ts";

/** Outputs of the compute nodes by block, blocks of one unit left out. */
function blocksOf(nodes: readonly NodeProto[]): Record<string, string[]> {
  const weights = ["w", "w1", "w2", "w3"].map((name) => weight(name, [4, 4]));
  const units = findUnits(
    toNetwork(parseModel(modelBytes({ nodes, weights, inputs: { x: [1, 4], mask: [1, 1] }, outputs: ["y"] }), "m.onnx")),
  );
  const grouped = Object.entries(Object.groupBy(units, (unit) => unit.block));
  return Object.fromEntries(grouped.flatMap(([block, of = []]) => (of.length > 1 ? [[block, of.map(({ output }) => output)]] : [])));
}

describe("blocks in the shape of a graph", () => {
  it("are what stands between a residual Add and where its branches part, a convolved shortcut included", () => {
    const nodes = [
      node("MatMul", ["x", "w"], ["before"]),
      node("MatMul", ["before", "w"], ["a"]),
      node("Relu", ["a"], ["b"]),
      node("MatMul", ["b", "w"], ["c"]),
      node("MatMul", ["before", "w1"], ["shortcut"]),
      node("Add", ["c", "shortcut"], ["sum"]),
      node("MatMul", ["sum", "w"], ["y"]),
    ];
    expect(blocksOf(nodes)).toEqual({ "residual:sum": ["a", "c", "shortcut"] });
  });

  it("begin at an input of the model too, and take an Add of a constant for a bias", () => {
    const nodes = [
      node("MatMul", ["x", "w"], ["a"]),
      node("Add", ["a", "w1"], ["b"]),
      node("MatMul", ["b", "w"], ["c"]),
      node("Add", ["x", "c"], ["y"]),
    ];
    expect(blocksOf(nodes)).toEqual({ "residual:y": ["a", "c"] });
  });

  it("are none where another residual Add lies between, or where a branch also reads what was before the parting", () => {
    const inner = [
      node("MatMul", ["x", "w"], ["a"]),
      node("MatMul", ["a", "w"], ["b"]),
      node("Add", ["a", "b"], ["c"]),
      node("MatMul", ["c", "w"], ["d"]),
      node("MatMul", ["d", "w"], ["e"]),
      node("Add", ["x", "e"], ["y"]),
    ];
    expect(blocksOf(inner)).toEqual({});
    const leak = [
      node("MatMul", ["x", "w"], ["a"]),
      node("Mul", ["a", "x"], ["b"]),
      node("MatMul", ["b", "w"], ["c"]),
      node("MatMul", ["c", "w"], ["d"]),
      node("Add", ["a", "d"], ["y"]),
    ];
    expect(blocksOf(leak)).toEqual({});
  });

  it("are the products around a Softmax with the projections that feed them, a mask notwithstanding", () => {
    const nodes = [
      node("MatMul", ["x", "w1"], ["q"]),
      node("MatMul", ["x", "w2"], ["k"]),
      node("MatMul", ["x", "w3"], ["v"]),
      node("Transpose", ["k"], ["kt"]),
      node("MatMul", ["q", "kt"], ["scores"]),
      node("Add", ["scores", "mask"], ["masked"]),
      node("Softmax", ["masked"], ["p"]),
      node("MatMul", ["p", "v"], ["context"]),
      node("MatMul", ["context", "w"], ["y"]),
    ];
    expect(blocksOf(nodes)).toEqual({ "attention:p": ["q", "k", "v", "scores", "context"] });
  });

  it("are no attention where the Softmax ends the network", () => {
    const nodes = [node("MatMul", ["x", "w"], ["a"]), node("MatMul", ["a", "w"], ["b"]), node("Softmax", ["b"], ["y"])];
    expect(blocksOf(nodes)).toEqual({});
  });

  it("are the gate of squeeze-and-excite, and no gate that is not pooled", () => {
    const gate = (first: string) => [
      node("MatMul", ["x", "w"], ["a"]),
      node(first, ["a"], ["pooled"]),
      node("MatMul", ["pooled", "w1"], ["b"]),
      node("Relu", ["b"], ["c"]),
      node("MatMul", ["c", "w2"], ["d"]),
      node("Sigmoid", ["d"], ["g"]),
      node("Mul", ["a", "g"], ["y"]),
    ];
    expect(blocksOf(gate("GlobalAveragePool"))).toEqual({ "squeeze-excite:y": ["b", "d"] });
    expect(blocksOf(gate("Tanh"))).toEqual({});
  });

  it("leave blocks alone that names tell", () => {
    const nodes = [
      node("MatMul", ["x", "w"], ["a"], "/stage.1/first/MatMul"),
      node("MatMul", ["a", "w"], ["c"], "/stage.1/second/MatMul"),
      node("Add", ["x", "c"], ["y"], "/stage.1/Add"),
    ];
    expect(blocksOf(nodes)).toEqual({ "stage.1": ["a", "c"] });
  });

  it.for([
    { name: "classifier", model: classifier, residual: 7, "squeeze-excite": 3 },
    { name: "recogniser", model: recogniser, residual: 4, "squeeze-excite": 2 },
  ])("are found in a real model without paths in its names: the $name", async ({ name: _, model, ...expected }) => {
    const { files, end } = await runEffects();
    const units = findUnits(toNetwork(await readModel(model, files)));
    await end();
    const names = new Set(units.map((unit) => unit.block).filter((block) => !units.some(({ id }) => id === block)));
    const kinds = Map.groupBy(names, (block) => block.slice(0, block.indexOf(":")));
    expect(Object.fromEntries([...kinds].map(([kind, of]) => [kind, of.length]))).toEqual(expected);
  });
});
