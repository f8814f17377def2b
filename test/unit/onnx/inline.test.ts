import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { type FunctionProto, FunctionProtoSchema, OperatorSetIdProtoSchema } from "../../../src/onnx/gen/onnx-ml_pb.js";
import { inlineFunctions } from "../../../src/onnx/inline.ts";
import { type ModelProto, makeNode, type NodeProto } from "../../../src/onnx/model.ts";
import { toNetwork } from "../../../src/onnx/network.ts";
import { readModel } from "../../../src/onnx/read.ts";
import { findUnits } from "../../../src/onnx/units.ts";
import { encode, modelProto, node, weight } from "../../fakes/onnx-models.ts";
import { runEffects } from "../../fakes/run-effects.ts";

const call = (name: string, input: readonly string[], output: readonly string[]): NodeProto =>
  makeNode({ opType: name, domain: "pkg", input, output });

const fn = (name: string, nodes: readonly NodeProto[], opset = 13n): FunctionProto =>
  create(FunctionProtoSchema, {
    domain: "pkg",
    name,
    input: ["a"],
    output: ["b"],
    node: [...nodes],
    opsetImport: [create(OperatorSetIdProtoSchema, { domain: "", version: opset })],
  });

function modelWith(functions: readonly FunctionProto[], nodes = [call("f", ["x"], ["y"])]): ModelProto {
  const proto = modelProto({ nodes, weights: [weight("w", [4, 4])], outputs: ["y"], opset: 13 });
  proto.functions = [...functions];
  return proto;
}

const inlined = (proto: ModelProto) => {
  inlineFunctions(proto, "m.onnx");
  return proto.graph?.node.map(({ opType, input, output }) => [opType, input, output]);
};

describe("a model with functions", () => {
  it("is one graph of operators wherever it is read", async () => {
    const effects = await runEffects();
    const path = `${effects.folder}/m.onnx`;
    const outer = [call("f", ["x"], ["t"]), node("MatMul", ["t", "w"], ["y"])];
    await effects.files.writeBytes(path, encode(modelWith([fn("f", [node("Neg", ["a"], ["b"])])], outer)));
    const network = toNetwork(await readModel(path, effects.files));
    expect(network.functions).toEqual([]);
    expect(findUnits(network).map(({ id, inputs }) => [id, inputs])).toEqual([["MatMul:y", ["t"]]]);
    await effects.end();
  });

  it("keeps the nodes of a body in an order that can run", () => {
    const body = [node("Neg", ["t"], ["b"]), node("Exp", ["a"], ["t"])];
    expect(inlined(modelWith([fn("f", body)]))).toEqual([
      ["Exp", ["x"], ["t__1"]],
      ["Neg", ["t__1"], ["y"]],
    ]);
  });

  it.each([
    ["calls itself", [fn("f", [call("g", ["a"], ["b"])]), fn("g", [call("f", ["a"], ["b"])])], /'pkg::f' calls itself/],
    ["reads what is around the call", [fn("f", [node("Add", ["a", "w"], ["b"])])], /reads 'w' inside, which nothing writes/],
    ["runs in a circle", [fn("f", [node("Neg", ["c"], ["b"]), node("Neg", ["b"], ["c"])])], /depend on their own output/],
    [
      "means something else in the model's opset",
      [fn("f", [node("Softmax", ["a"], ["b"])], 11n)],
      /opset 11 .* model for 13, .* Softmax changed/,
    ],
  ])("is refused where a function %s", (_, functions, message) => {
    expect(() => inlined(modelWith(functions))).toThrow(message);
  });

  it("takes a function of another opset whose operators mean the same", () => {
    expect(inlined(modelWith([fn("f", [node("Relu", ["a"], ["b"])], 18n)]))).toEqual([["Relu", ["x"], ["y"]]]);
  });

  it("is refused where a call gives more than the function takes", () => {
    const proto = modelWith([fn("f", [node("Neg", ["a"], ["b"])])], [call("f", ["x", "w"], ["y"])]);
    expect(() => inlined(proto)).toThrow(/gives 2 inputs, and it takes 1/);
  });

  it("is refused where its calls multiply beyond all memory", () => {
    const ten = (callee: string) =>
      Array.from({ length: 10 }, (_, i) => call(callee, [i === 0 ? "a" : `t${i}`], [i === 9 ? "b" : `t${i + 1}`]));
    const levels = [..."fghijklm"];
    const functions = levels.map((name, i) => fn(name, i === levels.length - 1 ? [node("Neg", ["a"], ["b"])] : ten(levels[i + 1] ?? "")));
    expect(() => inlined(modelWith(functions))).toThrow(/more than 200000 nodes/);
  });

  it("imports the opsets that only its functions name", () => {
    const own = fn("f", [makeNode({ opType: "Gelu", domain: "com.microsoft", input: ["a"], output: ["b"] })]);
    own.opsetImport.push(create(OperatorSetIdProtoSchema, { domain: "com.microsoft", version: 1n }));
    const proto = modelWith([own]);
    inlineFunctions(proto, "m.onnx");
    expect(proto.opsetImport.map(({ domain, version }) => `${domain} ${version}`)).toEqual([" 13", "com.microsoft 1"]);
  });
});
