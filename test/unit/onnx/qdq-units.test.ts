import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { ToolError } from "../../../src/effects/failure.ts";
import { TensorProtoSchema } from "../../../src/onnx/gen/onnx-ml_pb.js";
import {
  DataType,
  floatTensor,
  int8Tensor,
  int64Tensor,
  intAttr,
  makeNode,
  type NodeProto,
  type TensorProto,
  withFields,
} from "../../../src/onnx/model.ts";
import { type Network, toNetwork } from "../../../src/onnx/network.ts";
import { toQdqForm } from "../../../src/onnx/qdq-form.ts";
import { floatForm, qdqUnits, withoutQdq } from "../../../src/onnx/qdq-units.ts";
import { parseModel } from "../../../src/onnx/read.ts";
import { loopOf } from "../../fakes/loop.ts";
import { modelBytes, node } from "../../fakes/onnx-models.ts";

const uint8 = (name: string, value: number): TensorProto =>
  create(TensorProtoSchema, { name, dims: [], dataType: DataType.UINT8, rawData: Uint8Array.of(value) });
const scale = (name: string, value: number) => floatTensor(name, [], Float32Array.of(value));
const weight = floatTensor(
  "w",
  [4, 4],
  Float32Array.from({ length: 16 }, (_, i) => i / 8 - 1),
);

/** One Q/DQ pair behind `name`, read by the output Relu-free product. */
const pair = (name: string, zero = "z", scales: readonly [string, string] = ["s", "s"]): NodeProto[] => [
  node("QuantizeLinear", [name, scales[0], zero], [`${name}_q`], `${name}_Q`),
  node("DequantizeLinear", [`${name}_q`, scales[1], zero], [`${name}_d`], `${name}_D`),
];

const network = (nodes: readonly NodeProto[], weights: readonly TensorProto[] = [], outputs: readonly string[] = ["y"]): Network =>
  toQdqForm(toNetwork(parseModel(modelBytes({ nodes, weights: [weight, ...weights], outputs, opset: 21 }), "m.onnx")));
const shape = ({ nodes }: Network) => nodes.map(({ opType }) => opType);

describe("an activation that the quantiser made superfluous", () => {
  const product = node("MatMul", ["x", "w"], ["h"], "product");
  const last = node("MatMul", ["h_d", "w"], ["y"], "last");
  const zeros = [scale("s", 0.05), uint8("z", 0)];

  it("is a Relu where the range ends at zero, and a Clip where it also ends at a whole number", () => {
    expect(shape(withoutQdq(network([product, ...pair("h"), last], zeros)))).toEqual(["MatMul", "Relu", "MatMul"]);
    const six = withoutQdq(network([product, ...pair("h"), last], [scale("s", Math.fround(6 / 255)), uint8("z", 0)]));
    expect(shape(six)).toEqual(["MatMul", "Clip", "MatMul"]);
    expect(
      six.nodes[1]?.input
        .slice(1)
        .map((name) => new Float32Array(six.constants.get(name)?.rawData.slice().buffer ?? new ArrayBuffer(4))[0]),
    ).toEqual([0, 6]);
  });

  it("is a Clip on both sides of zero where the range spans a whole number, as for a hard tanh; a measured range, a symmetric one and a power of two are none", () => {
    const clipped = (zero: TensorProto, size: number) =>
      shape(withoutQdq(network([product, ...pair("h"), last], [scale("s", Math.fround(size)), zero])))[1];
    expect(clipped(uint8("z", 128), 2 / 255)).toBe("Clip");
    expect(clipped(uint8("z", 127), 2 / 255)).toBe("Clip");
    expect(clipped(uint8("z", 128), 2.1 / 255)).toBe("MatMul");
    expect(clipped(uint8("z", 128), 1)).toBe("MatMul");
    const signed = int8Tensor("z", [], new Int8Array(1));
    expect(clipped(signed, 2 / 255)).toBe("Clip");
    expect([1 / 127, 6 / 127, 1 / 64].map((size) => clipped(signed, size))).toEqual(["MatMul", "MatMul", "MatMul"]);
  });

  it("is none where the range goes below zero, where values cannot, where others read them as they are, or at the model's input", () => {
    const none = (nodes: readonly NodeProto[], weights = zeros, outputs = ["y"]) =>
      shape(withoutQdq(network(nodes, weights, outputs))).filter((one) => one === "Relu").length;
    expect(none([product, ...pair("h"), last], [scale("s", 0.05), uint8("z", 128)])).toBe(0);
    expect(none([node("Sigmoid", ["x"], ["h"]), ...pair("h"), last])).toBe(0);
    expect(none([product, ...pair("h"), last, node("Neg", ["h"], ["n"])], zeros, ["y", "n"])).toBe(0);
    expect(none([...pair("x"), node("MatMul", ["x_d", "w"], ["y"])])).toBe(0);
  });

  it("is read from the float model where that is given: neither guessed nor left out", () => {
    const float = (activation: NodeProto[]) =>
      toNetwork(
        parseModel(
          modelBytes({ nodes: [...activation, node("MatMul", ["h", "w"], ["y"], "last")], weights: [weight], outputs: ["y"] }),
          "f.onnx",
        ),
      );
    const quantized = network([product, ...pair("h"), last], zeros);
    const [without, withRelu] = [[product], [node("MatMul", ["x", "w"], ["h0"]), node("Relu", ["h0"], ["h"])]].map(
      (nodes) => qdqUnits(quantized, float(nodes)).putBack,
    );
    expect([without, withRelu]).toEqual([[], ["product"]]);
  });
});

describe("a quantiser that may stand for an activation", () => {
  const nodes = [node("MatMul", ["x", "w"], ["h"], "product"), ...pair("h"), node("MatMul", ["h_d", "w"], ["y"], "last")];
  const doubted = (zero: TensorProto, made: readonly NodeProto[] = nodes, outputs: readonly string[] = ["y"]) =>
    floatForm(network(made, [scale("s", 0.01), zero], outputs)).doubted;

  it("is told with its range and what it reads, behind the Relu that was put back where the range ends at zero", () => {
    const [one] = doubted(uint8("z", 93));
    expect(one).toMatchObject({ tensor: "h", label: "product" });
    expect([one?.low, one?.high].map((end) => end?.toFixed(2))).toEqual(["-0.93", "1.62"]);
    expect(doubted(uint8("z", 0))).toMatchObject([{ tensor: "h:activation", label: "product" }]);
  });

  it("is none where every range is symmetric, where others read the values, and behind what bounds them", () => {
    expect(doubted(int8Tensor("z", [], new Int8Array(1)))).toEqual([]);
    expect(doubted(uint8("z", 128))).toEqual([]);
    expect(doubted(uint8("z", 93), nodes, ["y", "h"])).toEqual([]);
    const tanh = [node("Tanh", ["x"], ["h"]), ...pair("h"), node("MatMul", ["h_d", "w"], ["y"])];
    expect(doubted(uint8("z", 93), tanh)).toEqual([]);
  });
});

describe("Q/DQ inside a body", () => {
  const inBody = (
    zero: TensorProto,
    inner: readonly NodeProto[] = [...pair("s", "z", ["k", "k"]), node("MatMul", ["s_d", "w"], ["r"], "inside")],
  ) => {
    const once = withFields(int64Tensor("once", [1]), { dims: [] });
    const nodes = [...loopOf(inner), ...pair("t", "z", ["k", "k"]), node("MatMul", ["t_d", "w"], ["y"], "last")];
    return floatForm(network(nodes, [scale("k", 0.01), scale("k2", 0.02), zero, once])).float.nodes;
  };
  const signed = int8Tensor("z", [], new Int8Array(1));
  const read = (nodes: readonly NodeProto[]) =>
    nodes.flatMap((one) => one.attribute.flatMap(({ g }) => (g?.node ?? []).map(({ opType, input }) => [opType, input[0]])));

  it("is read around in the reference as outside of it: it is not compared with itself", () => {
    expect(read(inBody(signed))).toContainEqual(["Identity", "s"]);
    expect(read(inBody(signed)).map(([opType]) => opType)).not.toContain("DequantizeLinear");
  });

  it("is undecided where its zero point may stand for an activation, or where it is no pair", () => {
    expect(() => inBody(uint8("z", 93))).toThrow(/first 's_D'/);
    const apart = [
      node("QuantizeLinear", ["s", "k", "z"], ["q"]),
      node("DequantizeLinear", ["q", "k2", "z"], ["d"], "apart"),
      node("MatMul", ["d", "w"], ["r"]),
    ];
    expect(() => inBody(signed, apart)).toThrow(ToolError);
  });
});

describe("units of a Q/DQ model", () => {
  it("hold every node behind a pair, also what is no compute node and what ends the graph", () => {
    const found = qdqUnits(
      network(
        [
          ...pair("x"),
          node("Add", ["x_d", "x_d"], ["a"], "sum"),
          node("QuantizeLinear", ["a", "s", "z"], ["a_q"]),
          node("DequantizeLinear", ["a_q", "s", "z"], ["y"]),
        ],
        [scale("s", 0.05), uint8("z", 128)],
      ),
      undefined,
    );
    expect(found.units.map(({ opType }) => opType)).toEqual(["Add", "Identity"]);
    expect(found.left).toEqual([]);
  });

  it("never read around a pair of two scales: alone the model is undecided, with its float model the quantiser is named", () => {
    const quantized = network(
      [...pair("x", "z", ["s", "t"]), node("MatMul", ["x_d", "w"], ["y"], "last")],
      [scale("s", 0.05), scale("t", 0.1), uint8("z", 0)],
    );
    expect(() => withoutQdq(quantized)).toThrow(ToolError);
    expect(() => withoutQdq(quantized)).toThrow(/1 quantisers of m\.onnx \(first 'x_Q'\) have no DequantizeLinear of the same scale/);
    expect(qdqUnits(quantized, undefined).left).toEqual(["x_Q"]);
  });

  it("take two scales of the same value, and a zero point of zero for none at all, as one", () => {
    const zero = int8Tensor("z", [], new Int8Array(1));
    const nodes = [
      node("QuantizeLinear", ["x", "s", "z"], ["q"]),
      node("DequantizeLinear", ["q", "t"], ["d"]),
      node("MatMul", ["d", "w"], ["y"]),
    ];
    expect(shape(withoutQdq(network(nodes, [scale("s", 0.05), scale("t", 0.05), zero])))).toEqual(["MatMul"]);
  });

  it("read in front of casts around a pair, in the type that the casts give", () => {
    const cast = (input: string, output: string, to: number) =>
      makeNode({ opType: "Cast", input: [input], output: [output], attribute: [intAttr("to", to)] });
    const nodes = [
      cast("x", "h16", DataType.FLOAT16),
      cast("h16", "h", DataType.FLOAT),
      ...pair("h"),
      cast("h_d", "d16", DataType.FLOAT16),
      node("Relu", ["d16"], ["r"]),
      cast("r", "y", DataType.FLOAT),
    ];
    const float = withoutQdq(network(nodes, [scale("s", 0.05), uint8("z", 128)]));
    expect(shape(float)).toEqual(["Cast", "Cast", "Cast", "Relu", "Cast"]);
    expect(float.nodes.find(({ opType }) => opType === "Relu")?.input[0]).toBe("d16:float");
  });

  it("see through a reordering of integers", () => {
    const nodes = [
      node("QuantizeLinear", ["x", "s", "z"], ["q"]),
      makeNode({ opType: "Transpose", input: ["q"], output: ["t"] }),
      node("DequantizeLinear", ["t", "s", "z"], ["d"]),
      node("Relu", ["d"], ["y"]),
    ];
    expect(shape(withoutQdq(network(nodes, [scale("s", 0.05), uint8("z", 128)])))).toEqual(["Transpose", "Relu"]);
  });
});
