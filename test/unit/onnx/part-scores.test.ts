import * as ort from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { measure } from "../../../src/measure/measure.ts";
import { elementCount } from "../../../src/model/tensor.ts";
import { int64Tensor, intAttr, intsAttr, makeNode, type NodeProto } from "../../../src/onnx/model.ts";
import { toNetwork } from "../../../src/onnx/network.ts";
import { outputForms } from "../../../src/onnx/output-forms.ts";
import { parseModel } from "../../../src/onnx/read.ts";
import { modelBytes, node } from "../../fakes/onnx-models.ts";
import { runEffects } from "../../fakes/run-effects.ts";
import { options, pair, stream, tensor } from "../measure/pairs.ts";

const op = (opType: string, input: string[], output: string[], attributes: Record<string, number | number[]> = {}): NodeProto =>
  makeNode({
    opType,
    name: output[0] ?? "",
    input,
    output,
    attribute: Object.entries(attributes).map(([name, value]) =>
      typeof value === "number" ? intAttr(name, value) : intsAttr(name, value),
    ),
  });
interface Graph {
  readonly inputs: Readonly<Record<string, readonly number[]>>;
  readonly nodes: readonly NodeProto[];
  readonly weights?: ReturnType<typeof int64Tensor>[];
}

async function run({ inputs, ...graph }: Graph, feeds: Readonly<Record<string, Float32Array>>) {
  const names = graph.nodes.flatMap(({ output }) => output);
  const session = await ort.InferenceSession.create(modelBytes({ ...graph, inputs, outputs: names }));
  const result = await session.run(
    Object.fromEntries(Object.entries(inputs).map(([name, shape]) => [name, new ort.Tensor("float32", feeds[name] ?? [], shape)])),
  );
  await session.release();
  return { y: result.y?.data as Float32Array, shapes: new Map(names.map((name) => [name, result[name]?.dims ?? []])) };
}

const filledFeeds = (inputs: Graph["inputs"]) =>
  Object.fromEntries(Object.entries(inputs).map(([name, shape]) => [name, new Float32Array(elementCount(shape)).fill(0.5)]));

async function formOf(graph: Graph) {
  const { shapes } = await run(graph, filledFeeds(graph.inputs));
  for (const [name, shape] of Object.entries(graph.inputs)) shapes.set(name, shape);
  const network = toNetwork(parseModel(modelBytes({ ...graph, outputs: ["y"] }), "m.onnx"));
  return { form: (await outputForms(network, shapes, (await runEffects()).files)).get("y"), shape: shapes.get("y") ?? [] };
}
/** The score of each part, by its place. */
const scoresOf = async (graph: Graph) => {
  const { form } = await formOf(graph);
  return Object.fromEntries(
    (form?.parts?.parts ?? []).map(({ where, score }) => [where, score && ("axis" in score ? `${score.kind} ${score.axis}` : score.kind)]),
  );
};

const inputs = { box: [1, 4, 6], logit: [1, 18] };
const shape = int64Tensor("shape", [1, 6, 3]);
const classes = [op("Reshape", ["logit", "shape"], ["l"]), op("Softmax", ["l"], ["p"], { axis: 2 })];
const turned = op("Transpose", ["p"], ["t"], { perm: [0, 2, 1] });
const joined = (last: string) => op("Concat", ["box", last], ["y"], { axis: 1 });
const softmaxGraph: Graph = { inputs, nodes: [...classes, turned, joined("t")], weights: [shape] };
const sigmoidGraph: Graph = {
  inputs,
  nodes: [op("Reshape", ["logit", "shape"], ["l"]), node("Sigmoid", ["l"], ["p"]), turned, joined("t")],
  weights: [shape],
};

describe("the score of a part", () => {
  it("is found of what a Softmax makes, along its axis in the output", async () => {
    expect(await scoresOf(softmaxGraph)).toEqual({ "[:, 0:4, :]": undefined, "[:, 4:7, :]": "softmax 1" });
  });

  it("is found of a Sigmoid from which boxes and scores are split", async () => {
    const nodes = [
      node("Sigmoid", ["all"], ["s"]),
      makeNode({ opType: "Split", input: ["s", "sizes"], output: ["a", "b"], attribute: [intAttr("axis", 1)] }),
      node("Mul", ["a", "a"], ["boxes"]),
      op("Concat", ["boxes", "b"], ["y"], { axis: 1 }),
    ];
    expect(await scoresOf({ inputs: { all: [1, 7, 6] }, nodes, weights: [int64Tensor("sizes", [4, 3])] })).toEqual({
      "[:, 0:4, :]": undefined,
      "[:, 4:7, :]": "sigmoid",
    });
  });

  it("is found of a Sigmoid behind which levels were joined before", async () => {
    const nodes = [
      op("Concat", ["one", "two"], ["levels"], { axis: 2 }),
      node("Sigmoid", ["levels"], ["s"]),
      op("Concat", ["box", "s"], ["y"], { axis: 1 }),
    ];
    expect(await scoresOf({ inputs: { box: [1, 4, 6], one: [1, 3, 4], two: [1, 3, 2] }, nodes })).toEqual({
      "[:, 0:4, :]": undefined,
      "[:, 4:7, 0:4]": "sigmoid",
      "[:, 4:7, 4:6]": "sigmoid",
    });
  });

  it("is none where values are changed afterwards, where classes are cut off, or where the axis is mixed with another", async () => {
    const doubled = [...classes, turned, op("Concat", ["box", "t"], ["j"], { axis: 1 }), op("Add", ["j", "j"], ["y"])];
    expect(Object.values(await scoresOf({ ...softmaxGraph, nodes: doubled }))).toEqual([undefined, undefined]);
    const cut = makeNode({ opType: "Slice", input: ["t", "from", "to", "axis"], output: ["c"] });
    const weights = [shape, int64Tensor("from", [1]), int64Tensor("to", [3]), int64Tensor("axis", [1])];
    expect(Object.values(await scoresOf({ ...softmaxGraph, nodes: [...classes, turned, cut, joined("c")], weights }))).toEqual([
      undefined,
      undefined,
    ]);
    const flat = [...classes, op("Reshape", ["p", "row"], ["f"]), op("Concat", ["g", "f"], ["y"], { axis: 1 })];
    const flatGraph = { inputs: { g: [1, 2], logit: [1, 18] }, nodes: flat, weights: [shape, int64Tensor("row", [1, 18])] };
    expect(Object.values(await scoresOf(flatGraph))).toEqual([undefined, undefined]);
  });
});

describe("the score of a part in figures", () => {
  const logits = Float32Array.from({ length: 18 }, (_, i) => 4 * Math.sin(i));
  const shifted = logits.map((value, i) => value + 0.5 * Math.cos(3 * i));
  const box = Float32Array.from({ length: 24 }, (_, i) => 100 + i);

  /** Outputs by ONNX Runtime from known logits, measured from the outputs alone. */
  const measured = async (graph: Graph) => {
    const { form, shape: dims } = await formOf(graph);
    const [reference, candidate] = await Promise.all([logits, shifted].map(async (logit) => (await run(graph, { box, logit })).y));
    const pairs = stream(
      pair({
        reference: tensor("t", Array.from(reference ?? []), [...dims]),
        candidate: tensor("t", Array.from(candidate ?? []), [...dims]),
      }),
    );
    const { measurements } = await measure(pairs, { ...options, forms: new Map([["t", form ?? {}]]) });
    return measurements[0]?.parts?.map(({ metrics, score }) => [metrics.sqnrDb, score?.kind, score?.metrics.sqnrDb, score?.metrics.maxAbs]);
  };
  const near = (value: number) => expect.closeTo(value, 3);

  it("is that of the centred logits behind a Softmax", async () => {
    // numpy, from the logits themselves.
    expect(await measured(softmaxGraph)).toEqual([
      [Infinity, undefined, undefined, undefined],
      [near(16.9162), "softmax", near(17.2664), near(0.65669)],
    ]);
  });

  it("is that of the logits behind a Sigmoid", async () => {
    expect(await measured(sigmoidGraph)).toEqual([
      [Infinity, undefined, undefined, undefined],
      [near(23.2181), "sigmoid", near(18.7762), near(0.5)],
    ]);
  });
});
