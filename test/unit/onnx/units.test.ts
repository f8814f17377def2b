import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { floatValues } from "../../../src/onnx/constants.ts";
import { foldBatchNorm } from "../../../src/onnx/fold.ts";
import { GraphProtoSchema, ValueInfoProtoSchema } from "../../../src/onnx/gen/onnx-ml_pb.js";
import { floatTensor, graphAttr, int64Tensor, intAttr, makeNode, type NodeProto } from "../../../src/onnx/model.ts";
import { toNetwork } from "../../../src/onnx/network.ts";
import { parseModel, readModel } from "../../../src/onnx/read.ts";
import { channelAxis, findUnits } from "../../../src/onnx/units.ts";
import { type ModelParts, modelBytes, node, weight } from "../../fakes/onnx-models.ts";
import { runEffects } from "../../fakes/run-effects.ts";
import { classifier, detector, recogniser } from "../../fakes/simulate-job.ts";

const network = (parts: ModelParts) => toNetwork(parseModel(modelBytes(parts), "m.onnx"));

describe("units", () => {
  it("are the compute nodes with the elementwise nodes up to the next one; a residual Add goes with the later branch", () => {
    const units = findUnits(
      network({
        nodes: [
          node("MatMul", ["x", "w"], ["a"], "left"),
          node("Relu", ["a"], ["b"], "relu"),
          node("MatMul", ["b", "w"], ["c"], "right"),
          node("Add", ["b", "c"], ["d"], "residual"),
          node("Softmax", ["d"], ["y"], "probabilities"),
        ],
        weights: [weight("w", [4, 4])],
        outputs: ["y"],
      }),
    );
    expect(units.map((unit) => [unit.id, unit.nodes, unit.inputs])).toEqual([
      ["MatMul:a", ["left", "relu"], ["x"]],
      ["MatMul:c", ["right", "residual"], ["b"]],
    ]);
    expect(units.map((unit) => unit.weightBytes)).toEqual([64, 64]);
  });

  it("take both inputs of a product of activations, and none of what computes shapes or constants", () => {
    const units = findUnits(
      network({
        nodes: [
          node("Shape", ["x"], ["s"]),
          node("Cast", ["s"], ["f"]),
          node("MatMul", ["f", "w"], ["shape"], "shape arithmetic"),
          node("MatMul", ["w", "w"], ["ww"], "constant"),
          node("MatMul", ["x", "x"], ["y"], "product"),
          node("Add", ["y", "shape"], ["z"]),
          node("Add", ["z", "ww"], ["out"]),
        ],
        weights: [weight("w", [4, 4])],
        outputs: ["out"],
      }),
    );
    expect(units.map((unit) => [unit.nodes[0], unit.inputs, unit.weightBytes])).toEqual([["product", ["x"], 0]]);
  });

  it("name nodes without a name by their output", () => {
    expect(
      findUnits(network({ nodes: [node("MatMul", ["x", "w"], ["y"])], weights: [weight("w", [4, 2])], outputs: ["y"] }))[0]?.nodes,
    ).toEqual(["(output y)"]);
  });

  it("find blocks in names that are paths", () => {
    const nodes = [
      "/layer1/layer1.0/conv1/MatMul",
      "/layer1/layer1.1/conv1/MatMul",
      "/encoder/layer.3/attention/MatMul",
      "/head/MatMul",
      "plain.7",
    ];
    const units = findUnits(
      network({
        nodes: nodes.map((name, i) => node("MatMul", ["x", "w"], [`y${i}`], name)),
        weights: [weight("w", [4, 4])],
        outputs: nodes.map((_, i) => `y${i}`),
      }),
    );
    expect(units.map((unit) => unit.block)).toEqual(["layer1/layer1.0", "layer1/layer1.1", "encoder/layer.3", "head", "MatMul:y4"]);
  });

  it("are the same on a model and on the model with its normalisations folded", async () => {
    const effects = await runEffects();
    for (const [path, count] of [
      [classifier, 54],
      [detector, 64],
      [recogniser, 51],
    ] as const) {
      const raw = toNetwork(await readModel(path, effects.files));
      const folded = await foldBatchNorm(raw, effects.files);
      const facts = (units: ReturnType<typeof findUnits>) => units.map((unit) => [unit.id, unit.inputs, unit.output]);
      expect(facts(findUnits(folded))).toEqual(facts(findUnits(raw)));
      expect(findUnits(raw).length).toBe(count);
      expect(new Set(findUnits(raw).map((unit) => unit.id)).size).toBe(count);
    }
    await effects.end();
  });
});

describe("folding BatchNormalization", () => {
  it("scales the output channels of a grouped transposed convolution and moves the bias", async () => {
    const effects = await runEffects();
    const vector = (name: string, ...values: number[]) => floatTensor(name, [values.length], Float32Array.from(values));
    const folded = await foldBatchNorm(
      network({
        inputs: { x: [1, 2, 1, 1] },
        outputs: ["y"],
        weights: [
          floatTensor("w", [2, 1, 1, 1], Float32Array.of(1, 1)),
          vector("g", 2, 3),
          vector("b", 0, 1),
          vector("m", 1, 1),
          vector("v", 1, 1),
        ],
        nodes: [
          makeNode({ opType: "ConvTranspose", input: ["x", "w"], output: ["c"], attribute: [intAttr("group", 2)] }),
          node("BatchNormalization", ["c", "g", "b", "m", "v"], ["y"]),
        ],
      }),
      effects.files,
    );
    expect(folded.nodes.map((one) => [one.opType, one.output])).toEqual([["ConvTranspose", ["y"]]]);
    const values = async (slot: number) => {
      const tensor = folded.constants.get(folded.nodes[0]?.input[slot] ?? "");
      return tensor === undefined
        ? []
        : [...(await floatValues(tensor, "", effects.files))].map((value) => Math.round(value * 1000) / 1000);
    };
    expect([await values(1), await values(2)]).toEqual([
      [2, 3],
      [-2, -2],
    ]);
    await effects.end();
  });

  it("leaves a convolution alone whose output is read elsewhere or is a final output", async () => {
    const effects = await runEffects();
    const parts = (outputs: string[]): ModelParts => ({
      inputs: { x: [1, 1, 1, 1] },
      outputs,
      weights: ["w"].map((name) => weight(name, [1, 1, 1, 1])).concat(["g", "b", "m", "v"].map((name) => weight(name, [1]))),
      nodes: [node("Conv", ["x", "w"], ["c"]), node("BatchNormalization", ["c", "g", "b", "m", "v"], ["y"])],
    });
    expect((await foldBatchNorm(network(parts(["y", "c"])), effects.files)).nodes.length).toBe(2);
    expect((await foldBatchNorm(network(parts(["y"])), effects.files)).nodes.length).toBe(1);
    await effects.end();
  });
});

describe("the axis of output channels", () => {
  it.each([
    ["Conv", 1, 4, {}, 0],
    ["ConvTranspose", 1, 4, {}, 1],
    ["MatMul", 1, 2, {}, 1],
    ["MatMul", 1, 3, {}, 2],
    ["MatMul", 0, 2, {}, 0],
    ["MatMul", 1, 1, {}, undefined],
    ["Gemm", 1, 2, {}, 1],
    ["Gemm", 1, 2, { transB: 1 }, 0],
    ["Gemm", 0, 2, {}, 0],
    ["Gemm", 0, 2, { transA: 1 }, 1],
  ] as const)("of %s, input %i of rank %i with %o is %s", (opType, slot, rank, flags, axis) => {
    const attribute = Object.entries(flags).map(([name, value]) => intAttr(name, value));
    expect(channelAxis(makeNode({ opType, input: [], output: [], attribute }), slot, rank)).toBe(axis);
  });
});

describe("constants", () => {
  it("are taken from Constant nodes as well, and shapes are not mistaken for weights", () => {
    const constant = makeNode({
      opType: "Constant",
      input: [],
      output: ["w"],
      attribute: [{ ...intAttr("value", 0), t: weight("", [4, 2]) }],
    });
    const found = network({
      nodes: [constant, node("MatMul", ["x", "w"], ["y"]), node("Reshape", ["y", "s"], ["z"])],
      weights: [int64Tensor("s", [2, 1])],
      outputs: ["z"],
    });
    expect([...found.constants.keys()].toSorted()).toEqual(["s", "w"]);
    expect(found.nodes.map((one) => one.opType)).toEqual(["MatMul", "Reshape"]);
  });
});

describe("a body", () => {
  it("whose condition comes from a shape gives activations, not a shape", () => {
    const graph = (inner: NodeProto) =>
      create(GraphProtoSchema, { name: "body", node: [inner], output: [create(ValueInfoProtoSchema, { name: inner.output[0] ?? "" })] });
    const choice = makeNode({
      opType: "If",
      input: ["flag"],
      output: ["h"],
      attribute: [graphAttr("then_branch", graph(node("Neg", ["x"], ["a"]))), graphAttr("else_branch", graph(node("Exp", ["x"], ["b"])))],
    });
    const nodes = [node("Shape", ["x"], ["s"]), node("Equal", ["s", "s"], ["flag"]), choice, node("MatMul", ["h", "w"], ["y"])];
    expect(
      findUnits(toNetwork(parseModel(modelBytes({ nodes, weights: [weight("w", [4, 4])], outputs: ["y"] }), "m.onnx"))).map(({ id }) => id),
    ).toEqual(["MatMul:y"]);
  });
});

it("units that no output needs are none", () => {
  const nodes = [node("MatMul", ["x", "w"], ["y"]), node("MatMul", ["y", "w"], ["unread"])];
  const found = findUnits(network({ nodes, weights: [weight("w", [4, 4])], outputs: ["y"] }));
  expect(found.map(({ id }) => id)).toEqual(["MatMul:y"]);
});
