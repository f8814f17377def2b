import * as ort from "onnxruntime-node";
import { describe, expect, it } from "vitest";
import { elementCount } from "../../../src/model/tensor.ts";
import { floatTensor, int64Tensor, intAttr, intsAttr, makeNode, type NodeProto, withFields } from "../../../src/onnx/model.ts";
import { toNetwork } from "../../../src/onnx/network.ts";
import { outputParts } from "../../../src/onnx/output-parts.ts";
import { parseModel } from "../../../src/onnx/read.ts";
import { type ModelParts, modelBytes, node } from "../../fakes/onnx-models.ts";

type Sources = Readonly<Record<string, readonly number[]>>;
type Graph = Omit<ModelParts, "inputs" | "outputs"> & { readonly inputs: Sources };

const op = (opType: string, input: string[], output: string, attributes: Record<string, number | number[]> = {}): NodeProto =>
  makeNode({
    opType,
    name: output,
    input,
    output: [output],
    attribute: Object.entries(attributes).map(([name, value]) =>
      typeof value === "number" ? intAttr(name, value) : intsAttr(name, value),
    ),
  });
const ints = (name: string, values: readonly number[], dims = [values.length]) =>
  withFields(int64Tensor(name, values), { dims: dims.map(BigInt) });
const concat = (input: string[], output: string, axis: number) => op("Concat", input, output, { axis });

/** Truth values, whole numbers and sequences. */
const noFloats = ["yes", "n", "seq"];

/** ONNX Runtime on the same graph, the n-th input full of n: what comes out says where each source went. Also the shape of every tensor. */
async function run({ inputs, ...graph }: Graph): Promise<{ y: number[]; shapes: Map<string, readonly number[]> }> {
  const names = graph.nodes.flatMap(({ output }) => output).filter((name) => !noFloats.includes(name));
  const session = await ort.InferenceSession.create(modelBytes({ ...graph, inputs, outputs: names }));
  const feeds = Object.entries(inputs).map(
    ([name, shape], i) => [name, new ort.Tensor("float32", new Float32Array(elementCount(shape)).fill(i + 1), shape)] as const,
  );
  const result = await session.run(Object.fromEntries(feeds));
  await session.release();
  const shapes = new Map<string, readonly number[]>([
    ...Object.entries(inputs),
    ...names.map((name) => [name, result[name]?.dims ?? []] as const),
  ]);
  return { y: Array.from(result.y?.data as Float32Array), shapes };
}

const partsIn = ({ inputs, ...graph }: Graph, shapes: ReadonlyMap<string, readonly number[]>) =>
  outputParts(toNetwork(parseModel(modelBytes({ ...graph, inputs, outputs: ["y"] }), "m.onnx")), shapes).get("y");

/** Name of the source of every element, by ONNX Runtime and by us. */
async function both(graph: Graph): Promise<{ wanted: (string | undefined)[]; found: (string | undefined)[] | undefined }> {
  const { y, shapes } = await run(graph);
  const map = partsIn(graph, shapes);
  const names = Object.keys(graph.inputs);
  return { wanted: y.map((value) => names[value - 1]), found: map && Array.from(map.labels, (label) => map.parts[label - 1]?.name) };
}

const boxes = { a: [1, 4, 6], b: [1, 3, 6] };

const moved: Readonly<Record<string, Graph>> = {
  "along any axis": { inputs: { a: [2, 3, 4], b: [2, 3, 1] }, nodes: [concat(["a", "b"], "y", -1)] },
  "along the batch": { inputs: { a: [1, 2], b: [3, 2] }, nodes: [concat(["a", "b"], "y", 0)] },
  "of levels, each of boxes and scores": {
    inputs: { a: [1, 4, 6], b: [1, 3, 6], c: [1, 4, 2], d: [1, 3, 2] },
    nodes: [concat(["a", "b"], "one", 1), concat(["c", "d"], "two", 1), concat(["one", "two"], "y", 2)],
  },
  "behind Transpose and Reshape": {
    inputs: boxes,
    nodes: [concat(["a", "b"], "j", 1), op("Transpose", ["j"], "t", { perm: [0, 2, 1] }), node("Reshape", ["t", "s"], ["y"])],
    weights: [ints("s", [42])],
  },
  "behind Squeeze, Slice and Split": {
    inputs: boxes,
    nodes: [
      concat(["a", "b"], "j", 1),
      node("Squeeze", ["j", "zero"], ["q"]),
      node("Slice", ["q", "from", "to", "zero", "step"], ["l"]),
      makeNode({ opType: "Split", input: ["l"], output: ["s", "y"], attribute: [intAttr("axis", 1)] }),
    ],
    weights: [ints("zero", [0]), ints("from", [-1]), ints("to", [0]), ints("step", [-2])],
  },
  "behind Gather, by constants and by data": {
    inputs: boxes,
    nodes: [
      concat(["a", "b"], "j", 1),
      node("Gather", ["j", "last"], ["g"]),
      node("Relu", ["g"], ["sum"]),
      node("Greater", ["sum", "five"], ["yes"]),
      makeNode({ opType: "Cast", input: ["yes"], output: ["n"], attribute: [intAttr("to", 7)] }),
      makeNode({ opType: "Gather", input: ["j", "n"], output: ["y"], attribute: [intAttr("axis", 2)] }),
    ],
    weights: [ints("last", [0]), floatTensor("five", [1], Float32Array.of(5))],
  },
  "by Stack": {
    inputs: { a: [2, 3], b: [2, 3] },
    nodes: [node("SequenceConstruct", ["a", "b"], ["seq"]), op("ConcatFromSequence", ["seq"], "y", { axis: 1, new_axis: 1 })],
  },
  "by ScatterND over another": {
    inputs: { a: [2, 4], b: [2, 1, 2] },
    nodes: [node("ScatterND", ["a", "i", "b"], ["y"])],
    weights: [ints("i", [0, 1, 0, 3, 1, 0, 1, 2], [2, 1, 2, 2])],
  },
  "by Pad and Add": {
    inputs: { a: [1, 4, 6], b: [1, 3, 6] },
    nodes: [node("Pad", ["a", "below"], ["p"]), node("Pad", ["b", "above"], ["q"]), node("Add", ["p", "q"], ["y"])],
    weights: [ints("below", [0, 0, 0, 0, 3, 0]), ints("above", [0, 4, 0, 0, 0, 0])],
  },
  "by ScatterElements over another": {
    inputs: { a: [2, 4], b: [2, 2] },
    nodes: [op("ScatterElements", ["a", "i", "b"], "y", { axis: 1 })],
    weights: [ints("i", [0, -1, 1, 2], [2, 2])],
  },
};

describe("parts of an output", () => {
  it.each(Object.entries(moved))("are found where ONNX Runtime puts them when joined %s", async (_, graph) => {
    const { wanted, found } = await both(graph);
    expect(found).toEqual(wanted);
  });

  it("keep their places through what changes each value by itself, and through a Where with constants", () => {
    const shapes = new Map([
      ["a", [1, 4, 6]],
      ["b", [1, 3, 6]],
      ...["j", "s", "m", "y"].map((name): [string, number[]] => [name, [1, 7, 6]]),
    ]);
    const nodes = [
      concat(["a", "b"], "j", 1),
      node("Sigmoid", ["j"], ["s"]),
      node("Mul", ["s", "stride"], ["m"]),
      node("Where", ["no", "m", "m"], ["y"]),
    ];
    const weights = [ints("stride", [2], [1, 1, 1]), ints("no", [0], [1])];
    expect(partsIn({ inputs: boxes, nodes, weights }, shapes)?.parts.map(({ name, where }) => [name, where])).toEqual([
      ["a", "[:, 0:4, :]"],
      ["b", "[:, 4:7, :]"],
    ]);
  });

  it("name the tensors that are joined, say which are class numbers, and leave constants out", () => {
    const nodes = [
      node("Sigmoid", ["b"], ["p"]),
      makeNode({ opType: "ArgMax", input: ["b"], output: ["k"], attribute: [intAttr("axis", 1)] }),
      makeNode({ opType: "Cast", input: ["k"], output: ["id"], attribute: [intAttr("to", 1)] }),
      concat(["a", "p", "id", "grid"], "y", 1),
    ];
    const shapes = new Map([
      ["a", [1, 4, 6]],
      ["b", [1, 3, 6]],
      ["p", [1, 3, 6]],
      ["k", [1, 1, 6]],
      ["id", [1, 1, 6]],
      ["y", [1, 9, 6]],
    ]);
    const map = partsIn({ inputs: boxes, nodes, weights: [ints("grid", [1, 2, 3, 4, 5, 6], [1, 1, 6])] }, shapes);
    expect(map?.parts).toEqual([
      { name: "a", where: "[:, 0:4, :]" },
      { name: "p", where: "[:, 4:7, :]" },
      { name: "id", where: "[:, 7:8, :]", values: "index" },
    ]);
    expect(map?.labels.subarray(-6)).toEqual(new Uint8Array(6));
  });

  it("are none of an output that a compute node makes, and none where the join cannot be followed", () => {
    const shapes = new Map([
      ["a", [1, 4, 6]],
      ["b", [1, 3, 6]],
      ["j", [1, 7, 6]],
      ["y", [1, 7, 6]],
    ]);
    const joined = concat(["a", "b"], "j", 1);
    expect(
      partsIn({ inputs: boxes, nodes: [joined, node("MatMul", ["j", "w"], ["y"])], weights: [ints("w", [0], [1, 1])] }, shapes),
    ).toBeUndefined();
    expect(partsIn({ inputs: boxes, nodes: [joined, op("Softmax", ["j"], "y", { axis: 1 })] }, shapes)).toBeUndefined();
    expect(partsIn({ inputs: boxes, nodes: [joined, op("Softmax", ["j"], "y", { axis: 2 })] }, shapes)?.parts).toHaveLength(2);
  });

  it("are those of the outermost join where there are too many", () => {
    const many = Object.fromEntries(Array.from({ length: 70 }, (_, i) => [`x${i}`, [1, 2]]));
    const nodes = [concat(Object.keys(many).slice(0, 66), "j", 1), concat(["j", ...Object.keys(many).slice(66)], "y", 1)];
    const shapes = new Map<string, number[]>([...Object.entries(many), ["j", [1, 132]], ["y", [1, 140]]]);
    expect(partsIn({ inputs: many, nodes }, shapes)?.parts.map(({ name }) => name)).toEqual(["j", "x66", "x67", "x68", "x69"]);
  });
});
