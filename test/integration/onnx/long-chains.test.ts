/** Chains of 100,000 nodes, longer than the stack is deep: a hostile file must end in an answer, and a reordering of integers in a quick one. */
import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { TensorProtoSchema } from "../../../src/onnx/gen/onnx-ml_pb.js";
import { DataType, floatTensor, type NodeProto } from "../../../src/onnx/model.ts";
import { type Network, toNetwork } from "../../../src/onnx/network.ts";
import { toQdqForm } from "../../../src/onnx/qdq-form.ts";
import { withoutQdq } from "../../../src/onnx/qdq-units.ts";
import { openProto } from "../../../src/onnx/read.ts";
import { modelProto, node, weight } from "../../fakes/onnx-models.ts";

const constants = [
  floatTensor("s", [], Float32Array.of(0.5)),
  create(TensorProtoSchema, { name: "z", dims: [], dataType: DataType.UINT8, rawData: Uint8Array.of(0) }),
  weight("w", [4, 4]),
];
const network = (nodes: readonly NodeProto[], last: string): Network =>
  toNetwork(openProto(modelProto({ nodes: [...nodes, node("MatMul", [last, "w"], ["y"])], weights: constants, outputs: ["y"] }), "m.onnx"));
const pair = (from: string, into: string) => [
  node("QuantizeLinear", [from, "s", "z"], [`${into}_q`]),
  node("DequantizeLinear", [`${into}_q`, "s", "z"], [into]),
];
const chain = (count: number, link: (from: string, into: string) => readonly NodeProto[]) =>
  Array.from({ length: count }, (_, i) => link(i === 0 ? "x" : `t${i}`, `t${i + 1}`)).flat();

describe("a chain of 100,000 nodes", () => {
  it("of nested Q/DQ pairs is read around", () => {
    const float = withoutQdq(toQdqForm(network(chain(50_000, pair), "t50000")));
    expect(float.nodes.map(({ opType }) => opType)).toEqual(["MatMul"]);
    expect(float.nodes[0]?.input[0]).toBe("x");
  }, 120_000);

  it("that keeps the sign, before a quantiser whose range begins at zero, is followed to its start", () => {
    const nodes = chain(100_000, (from, into) => [node("Identity", [from], [into])]);
    const float = withoutQdq(toQdqForm(network([...nodes, ...pair("t100000", "end")], "end")));
    expect(float.nodes.filter(({ opType }) => opType === "Relu")).toHaveLength(1);
  }, 120_000);

  it("that moves integers before they are dequantised is written anew in one go", () => {
    const moves = Array.from({ length: 100_000 }, (_, i) => node("Identity", [i === 0 ? "q" : `i${i}`], [`i${i + 1}`]));
    const [quantize, dequantize] = [node("QuantizeLinear", ["x", "s", "z"], ["q"]), node("DequantizeLinear", ["i100000", "s", "z"], ["d"])];
    const nodes = [quantize, ...moves, dequantize];
    expect(toQdqForm(network(nodes, "d")).nodes.filter(({ opType }) => opType === "DequantizeLinear")).toHaveLength(100_001);
  }, 120_000);
});
