/** Models that the simulate lane cannot judge end undecided, with the party named whose limit it is. Real ONNX Runtime, no file is spawned. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { afterEach, expect, it } from "vitest";
import { writeNpz } from "../../src/formats/write-npz.ts";
import { main } from "../../src/main.ts";
import { TypeProto_SequenceSchema, TypeProtoSchema } from "../../src/onnx/gen/onnx-ml_pb.js";
import { DataType, floatTensor, int8Tensor, intAttr, type ModelProto, makeNode } from "../../src/onnx/model.ts";
import { encode, modelProto, node, weight } from "../fakes/onnx-models.ts";
import { type RunEffects, runEffects } from "../fakes/run-effects.ts";

let effects: RunEffects;
afterEach(() => effects.end());

async function verdictOn(
  proto: ModelProto,
  dtype: "float32" | "float16" | "float64" = "float32",
): Promise<readonly [string, string, number]> {
  effects = await runEffects();
  const at = (name: string) => join(effects.cwd, name);
  await mkdir(at(".github"), { recursive: true });
  await writeFile(at("m.onnx"), encode(proto));
  const values = Array.from({ length: 64 }, (_, i) => Math.sin(i * 1.3));
  const data = dtype === "float64" ? Float64Array.from(values) : Float32Array.from(values);
  await writeFile(at("x.npz"), writeNpz([{ name: "x", dtype, shape: [16, 1, 4], data }]));
  await writeFile(at("cal.npz"), writeNpz([{ name: "x", dtype, shape: [16, 1, 4], data: data.map((value) => value * 0.9) }]));
  await writeFile(
    at(".github/trt-gate.yml"),
    "version: 1\nmodels:\n  - path: m.onnx\n    quantization: {data: cal.npz, algorithm: minmax, min-samples: 1}\n    validation: {data: x.npz}\n",
  );
  const { report } = await main({ inputs: { lane: "simulate", search: "off" } }, effects);
  const [model] = report.models;
  return [model?.reason ?? "", model?.message ?? "", report.exitCode];
}

const product = node("MatMul", ["x", "w"], ["h"], "product");
const weights = [weight("w", [4, 4])];

const attention = (inputType: number) =>
  modelProto({
    nodes: [node("Transpose", ["x"], ["t"]), node("MatMul", ["x", "t"], ["y"], "qk")],
    outputs: ["y"],
    inputType,
    outputTypes: { y: inputType },
  });

it("a product of activations in float64 is named with what TensorRT lacks, and ONNX Runtime is not blamed", async () => {
  const [reason, message, exit] = await verdictOn(attention(DataType.DOUBLE), "float64");
  expect([reason, exit]).toEqual(["unsupported-type", 4]);
  expect(message).toContain("computes 'qk' in float64, which TensorRT does not have");
});

it("a product of activations in float16, which ONNX Runtime refuses once its inputs are marked, is judged", async () => {
  const [reason, , exit] = await verdictOn(attention(DataType.FLOAT16), "float16");
  expect([reason, exit]).toEqual(["within-limits", 0]);
});

it("an output that is a sequence is named as one", async () => {
  const proto = modelProto({ nodes: [product, node("SequenceConstruct", ["h"], ["y"])], weights, outputs: ["y"] });
  const [output] = proto.graph?.output ?? [];
  const tensor = output?.type;
  if (output === undefined || tensor === undefined) throw new Error("the model has an output with a type");
  output.type = create(TypeProtoSchema, { value: { case: "sequenceType", value: create(TypeProto_SequenceSchema, { elemType: tensor }) } });
  const [reason, message, exit] = await verdictOn(proto);
  expect([reason, exit]).toEqual(["unsupported-type", 4]);
  expect(message).toMatch(/output 'y' of m\.onnx is sequence\(float32\)/);
});

it("sequences inside a model are no obstacle", async () => {
  const inside = [
    node("SequenceConstruct", ["h", "h"], ["s"]),
    node("Identity", ["s"], ["s2"]),
    makeNode({ opType: "ConcatFromSequence", input: ["s2"], output: ["y"], attribute: [intAttr("axis", 0)] }),
  ];
  const [reason, message] = await verdictOn(modelProto({ nodes: [product, ...inside], weights, outputs: ["y"], opset: 17 }));
  expect([reason, message]).toEqual(["within-limits", expect.anything()]);
});

it("an opset that ONNX Runtime does not know yet is named beside the one that it knows", async () => {
  const [reason, message, exit] = await verdictOn(modelProto({ nodes: [product], weights, outputs: ["h"], opset: 99 }));
  expect([reason, exit]).toEqual(["runtime-failed", 4]);
  expect(message).toMatch(/written for opset 99, and ONNX Runtime \d+\.\d+\.\d+ knows opsets up to \d+/);
});

it("scales per channel at an opset that has none, as ONNX Runtime's quantizer writes them for old exports, are named with the opset that has them", async () => {
  const axis = [intAttr("axis", 1)];
  const perChannel = makeNode({ opType: "DequantizeLinear", name: "w_dq", input: ["wq", "ws", "wz"], output: ["w"], attribute: axis });
  const pair = [node("QuantizeLinear", ["x", "s", "z"], ["xq"]), node("DequantizeLinear", ["xq", "s", "z"], ["xd"])];
  const proto = modelProto({
    nodes: [...pair, perChannel, node("MatMul", ["xd", "w"], ["y"], "product")],
    weights: [
      floatTensor("s", [], Float32Array.of(0.01)),
      int8Tensor("z", [], new Int8Array(1)),
      int8Tensor(
        "wq",
        [4, 4],
        Int8Array.from({ length: 16 }, (_, i) => i * 8 - 60),
      ),
      floatTensor("ws", [4], Float32Array.of(0.01, 0.02, 0.03, 0.04)),
      int8Tensor("wz", [4], new Int8Array(4)),
    ],
    outputs: ["y"],
    opset: 12,
  });
  const [reason, message, exit] = await verdictOn(proto);
  expect([reason, exit]).toEqual(["runtime-failed", 4]);
  expect(message).toMatch(/DequantizeLinear 'w_dq' of 'm' has scales per channel.*opset 13.*Export the model with opset 13 or newer/);
});

it("a model that ONNX Runtime itself does not take is said to be one", async () => {
  const odd = makeNode({ opType: "Gelu", domain: "com.microsoft", input: ["h", "h", "h", "h"], output: ["y"] });
  const proto = modelProto({ nodes: [product, odd], weights, outputs: ["y"] });
  const [reason, message, exit] = await verdictOn(proto);
  expect([reason, exit]).toEqual(["runtime-failed", 4]);
  expect(message).toMatch(/does not take this model/);
});

it("a product that no output needs is no evidence: the model is undecided, and the sentence says why", async () => {
  const dead = modelProto({ nodes: [product, node("Relu", ["x"], ["y"])], weights, outputs: ["y"] });
  const [reason, message, exit] = await verdictOn(dead);
  expect([reason, exit]).toEqual(["precision-not-applied", 4]);
  expect(message).toMatch(/^No compute node of 'm' \(first of 1: '.*'\) makes what an output of the model holds/);
});
