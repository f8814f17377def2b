import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { ConfigError } from "../../../src/effects/failure.ts";
import type { ShapeRange } from "../../../src/model/job.ts";
import { TypeProto_OptionalSchema, TypeProto_SequenceSchema, TypeProtoSchema } from "../../../src/onnx/gen/onnx-ml_pb.js";
import { modelInputs, resolveInputs } from "../../../src/onnx/inputs.ts";
import { DataType, type OnnxModel } from "../../../src/onnx/model.ts";
import { toNetwork } from "../../../src/onnx/network.ts";
import { parseModel } from "../../../src/onnx/read.ts";
import { typedInputs } from "../../../src/onnx/types.ts";
import { encode, modelBytes, modelProto, node, weight } from "../../fakes/onnx-models.ts";

const model = (inputs: Readonly<Record<string, readonly (number | string)[]>>, inputType?: number): OnnxModel =>
  parseModel(
    modelBytes({
      nodes: [node("Identity", [Object.keys(inputs)[0] ?? ""], ["y"])],
      inputs,
      outputs: ["y"],
      ...(inputType ? { inputType } : {}),
    }),
    "m.onnx",
  );
const fixed = (shape: readonly number[]): ShapeRange => ({ min: shape, opt: shape, max: shape });
const problemsOf = (action: () => unknown): readonly string[] => {
  try {
    action();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
};

describe("open dimensions", () => {
  it.each([
    ["-1, as paddle2onnx writes them", -1],
    ["0", 0],
  ])("are also those with the size %s, for samples and for the runtime", (_, size) => {
    const odd = model({ x: [size, 3, "h", size] });
    expect(modelInputs(odd)).toEqual([{ name: "x", dtype: "float32", dims: ["?", 3, "h", "?"] }]);
    const type = toNetwork(odd).inputs[0]?.type?.value;
    const dims = type?.case === "tensorType" ? type.value.shape?.dim.map(({ value }) => value) : [];
    expect(dims?.map((value) => value.case)).toEqual([undefined, "dimValue", "dimParam", undefined]);
    expect(resolveInputs(odd, new Map([["x", fixed([2, 3, 4, 5])]]))[0]?.shape).toEqual([2, 3, 4, 5]);
  });

  it("that have a name take the size that another input's shape gives them", () => {
    const pair = model({ ids: ["batch", "length"], mask: ["batch", "length"], past: ["batch", 8] });
    const range = { min: [1, 4], opt: [1, 16], max: [2, 64] };
    const resolved = resolveInputs(pair, new Map([["ids", range]]));
    expect(resolved.map(({ shape }) => shape)).toEqual([
      [1, 16],
      [1, 16],
      [1, 8],
    ]);
    expect(resolved[2]?.range).toEqual({ min: [1, 8], max: [2, 8] });
  });

  it("are refused where one name has two sizes", () => {
    const pair = model({ ids: ["batch", "length"], mask: ["batch", "length"] });
    const shapes = new Map([
      ["ids", fixed([1, 16])],
      ["mask", fixed([1, 32])],
    ]);
    expect(problemsOf(() => resolveInputs(pair, shapes))).toEqual([
      "'shapes' of m.onnx: the dimension 'length' is 16 in 'ids' and 32 in 'mask'. One name is one size; give the same in both.",
    ]);
  });

  it("are guessed with one size for one name, in the words of what described them: configuration or flags", () => {
    const pair = model({ image: ["n", 3, "h", "w"], boxes: ["k", "n", "w"] });
    const [yaml] = problemsOf(() => resolveInputs(pair, new Map()));
    expect(yaml).toContain('    shapes:\n      "image": [1, 3, 224, 224]\n      "boxes": [1, 1, 224]');
    const [flags] = problemsOf(() => resolveInputs(pair, new Map(), "flags"));
    expect(flags).toMatch(/guess\): --shapes 'image:1x3x224x224' --shapes 'boxes:1x1x224'$/);
    expect(problemsOf(() => resolveInputs(pair, new Map([["z", fixed([1])]]), "flags"))[0]).toMatch(/^--shapes names 'z'/);
  });

  it("are guessed with the sizes that are known already", () => {
    const pair = model({ ids: ["batch", "length"], mask: ["batch", "other"] });
    const [problem] = problemsOf(() => resolveInputs(pair, new Map([["ids", fixed([4, 16])]])));
    expect(problem).toContain('"mask": [4, 224]');
  });
});

describe("inputs without a declared shape", () => {
  const shapeless = (nodes: Parameters<typeof modelProto>[0]["nodes"], weights: Parameters<typeof modelProto>[0]["weights"] = []) => {
    const proto = modelProto({ nodes, weights, outputs: ["y"] });
    const type = proto.graph?.input[0]?.type?.value;
    if (type?.case === "tensorType") delete type.value.shape;
    return parseModel(encode(proto), "m.onnx");
  };

  it("are open, not scalars, and told apart by what the graph does with them", () => {
    const unknown = shapeless([node("Relu", ["x"], ["y"])]);
    expect(modelInputs(unknown)[0]).toMatchObject({ dims: [], shapeless: { rank: undefined } });
    expect(problemsOf(() => resolveInputs(unknown, new Map()))[0]).toContain(`'x' (no shape at all)`);
    expect(resolveInputs(unknown, new Map([["x", fixed([5, 6])]]))[0]?.shape).toEqual([5, 6]);
    const gemm = shapeless([node("Relu", ["x"], ["r"]), node("Gemm", ["r", "w"], ["y"])], [weight("w", [4, 4])]);
    expect(modelInputs(gemm)[0]?.shapeless).toEqual({ rank: 2 });
    const conv = shapeless([node("Conv", ["x", "w"], ["y"])], [weight("w", [4, 4, 3])]);
    expect(modelInputs(conv)[0]?.shapeless).toEqual({ rank: 3 });
  });
});

describe("types of inputs", () => {
  it.each([
    ["bfloat16", DataType.BFLOAT16, "float32", undefined],
    ["float8e4m3fn", DataType.FLOAT8E4M3FN, "float32", undefined],
    ["float8e5m2", DataType.FLOAT8E5M2, "float32", undefined],
    ["int4", DataType.INT4, "int8", [-8, 7]],
    ["uint4", DataType.UINT4, "uint8", [0, 15]],
  ])("of %s take samples in the next wider type of numpy", (word, type, dtype, limits) => {
    const narrow = model({ x: [1, 4] }, type);
    expect(typedInputs(narrow)).toMatchObject([{ name: "x", type: word, dims: [1, 4] }]);
    expect(modelInputs(narrow)).toMatchObject([{ name: "x", dtype, dims: [1, 4], elementType: word }]);
    expect(modelInputs(narrow)[0]?.limits).toEqual(limits);
  });

  it.each([
    ["float4e2m1", DataType.FLOAT4E2M1, /is float4e2m1\. TensorRT takes FP4 tensors, ONNX Runtime on the CPU computes none/],
    ["string", DataType.STRING, /is string\. TensorRT has no text/],
  ])("of %s are named, and who takes them is said", (word, type, message) => {
    const odd = model({ x: [1, 4] }, type);
    expect(typedInputs(odd)).toMatchObject([{ name: "x", type: word, dims: [1, 4] }]);
    expect(() => modelInputs(odd)).toThrow(message);
    expect(() => modelInputs(odd)).toThrow(expect.objectContaining({ reason: "unsupported-type" }));
  });

  it("inside sequences and options are written out; an optional tensor is fed like a tensor", () => {
    const proto = modelProto({ nodes: [node("Identity", ["x"], ["y"])], outputs: ["y"] });
    const [input] = proto.graph?.input ?? [];
    const tensor = input?.type;
    if (input === undefined || tensor === undefined) throw new Error("the model has an input");
    input.type = create(TypeProtoSchema, {
      value: { case: "optionalType", value: create(TypeProto_OptionalSchema, { elemType: tensor }) },
    });
    const optional = parseModel(encode(proto), "m.onnx");
    expect(typedInputs(optional)[0]?.type).toBe("optional(float32)");
    expect(modelInputs(optional)[0]).toMatchObject({ dtype: "float32", dims: [1, 4] });
    input.type = create(TypeProtoSchema, {
      value: { case: "sequenceType", value: create(TypeProto_SequenceSchema, { elemType: tensor }) },
    });
    expect(() => modelInputs(parseModel(encode(proto), "m.onnx"))).toThrow(/is sequence\(float32\)/);
  });
});
