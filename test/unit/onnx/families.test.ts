import { describe, expect, it } from "vitest";
import { unitFamilies } from "../../../src/onnx/families.ts";
import { floatTensor, intAttr, makeNode, type NodeProto, type TensorProto } from "../../../src/onnx/model.ts";
import { toNetwork } from "../../../src/onnx/network.ts";
import { openProto } from "../../../src/onnx/read.ts";
import { findUnits } from "../../../src/onnx/units.ts";
import { modelProto, node } from "../../fakes/onnx-models.ts";

const weight = (name: string, dims: readonly number[]) =>
  floatTensor(name, dims, new Float32Array(dims.reduce((a, b) => a * b, 1)).fill(0.1));

/** Families by name, each with the names of its units' nodes. */
function familiesOf(nodes: readonly NodeProto[], weights: readonly TensorProto[], inputs: Readonly<Record<string, readonly number[]>>) {
  const network = toNetwork(openProto(modelProto({ nodes, weights, inputs, outputs: ["y"] }), "m.onnx"));
  const units = findUnits(network);
  const nameOf = new Map(units.map(({ id, nodes: [name] }) => [id, name]));
  return Object.fromEntries(unitFamilies(network, units).map(({ name, units: ids }) => [name, ids.map((id) => nameOf.get(id))]));
}

describe("kinds of units", () => {
  it("are the products beside a Softmax, and what stands behind a normalisation or a GELU, also where an exporter wrote them in pieces", () => {
    const found = familiesOf(
      [
        node("ReduceMean", ["x"], ["mean"], "mean"),
        node("Sub", ["x", "mean"], ["centred"], "sub"),
        node("Pow", ["centred", "two"], ["squares"], "pow"),
        node("ReduceMean", ["squares"], ["variance"], "var"),
        node("Sqrt", ["variance"], ["sd"], "sqrt"),
        node("Div", ["centred", "sd"], ["normed"], "div"),
        node("MatMul", ["normed", "wq"], ["q"], "query"),
        node("MatMul", ["normed", "wk"], ["k"], "key"),
        node("Transpose", ["k"], ["kt"], "transpose"),
        node("MatMul", ["q", "kt"], ["scores"], "qk"),
        node("Div", ["scores", "two"], ["scaled"], "scale"),
        node("Softmax", ["scaled"], ["p"], "softmax"),
        node("MatMul", ["p", "normed"], ["mixed"], "pv"),
        node("MatMul", ["mixed", "w1"], ["up"], "up"),
        node("Div", ["up", "two"], ["halved"], "half"),
        node("Erf", ["halved"], ["erf"], "erf"),
        node("Mul", ["up", "erf"], ["gelu"], "gelu"),
        node("MatMul", ["gelu", "w2"], ["y"], "down"),
      ],
      [floatTensor("two", [], Float32Array.of(2)), ...["wq", "wk", "w1", "w2"].map((name) => weight(name, [4, 4]))],
      { x: [4, 4] },
    );
    expect(found).toEqual({
      "matrix products beside a Softmax": ["qk", "pv"],
      "units behind a layer normalisation": ["query", "key", "pv"],
      "units behind a GELU": ["down"],
      "units at the ends (the first and the last)": ["query", "down"],
    });
  });

  it("are gates that multiply what they were pooled from, not a head behind a pool; and depthwise convolutions", () => {
    const conv = (input: string, weights: string, output: string, name: string, group = 1) =>
      makeNode({ opType: "Conv", input: [input, weights], output: [output], name, attribute: [intAttr("group", group)] });
    const found = familiesOf(
      [
        conv("x", "w", "a", "stem"),
        conv("a", "wd", "b", "depthwise", 4),
        node("GlobalAveragePool", ["b"], ["pooled"], "pool"),
        conv("pooled", "w", "g1", "reduce"),
        node("Relu", ["g1"], ["g2"], "relu"),
        conv("g2", "w", "g3", "expand"),
        node("HardSigmoid", ["g3"], ["gate"], "sigmoid"),
        node("Mul", ["b", "gate"], ["c"], "times"),
        conv("c", "w", "d", "project"),
        node("GlobalAveragePool", ["d"], ["e"], "head_pool"),
        conv("e", "w", "f", "head"),
        node("Sigmoid", ["f"], ["y"], "probability"),
      ],
      [weight("w", [4, 4, 1, 1]), weight("wd", [4, 1, 1, 1])],
      { x: [1, 4, 2, 2] },
    );
    expect(found).toEqual({
      "units of squeeze-and-excite gates": ["reduce", "expand"],
      "depthwise convolutions": ["depthwise"],
      "units at the ends (the first and the last)": ["stem", "head"],
    });
  });

  it("are none where one kind is all there is", () => {
    expect(familiesOf([node("MatMul", ["x", "w"], ["y"], "only")], [weight("w", [4, 4])], { x: [1, 4] })).toEqual({});
  });
});
