/** What a quantiser holds is what ONNX Runtime gives for values far beyond it. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import * as ort from "onnxruntime-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { realFiles } from "../../../src/effects/files.ts";
import { TensorProtoSchema } from "../../../src/onnx/gen/onnx-ml_pb.js";
import { DataType, floatTensor } from "../../../src/onnx/model.ts";
import { toNetwork } from "../../../src/onnx/network.ts";
import { quantiserRanges } from "../../../src/onnx/quantiser-ranges.ts";
import { readModel } from "../../../src/onnx/read.ts";
import { type ModelParts, modelBytes, node } from "../../fakes/onnx-models.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "quantiser-ranges-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function rangesOf(name: string, parts: ModelParts) {
  const path = join(folder, `${name}.onnx`);
  await writeFile(path, modelBytes(parts));
  const model = await readModel(path, realFiles(undefined, { record: () => undefined }));
  return { path, ranges: quantiserRanges(toNetwork(model), undefined) };
}

const zeroPoint = (name: string, dataType: number, bytes: readonly number[]) =>
  create(TensorProtoSchema, { name, dataType, rawData: Uint8Array.from(bytes) });
const pair = (tensor: string, end: string, zero: string) => [
  node("QuantizeLinear", [tensor, "s", zero], [`${end}q`]),
  node("DequantizeLinear", [`${end}q`, "s", zero], [end]),
];

describe("the range of a quantiser", () => {
  it.each<[string, number, readonly number[]]>([
    ["int8", DataType.INT8, [0]],
    ["int8 with a zero point", DataType.INT8, [256 - 100]],
    ["uint8", DataType.UINT8, [0]],
    ["uint8 with a zero point", DataType.UINT8, [131]],
    ["int16", DataType.INT16, [0, 0]],
    ["fp8", DataType.FLOAT8E4M3FN, [0]],
  ])("of %s ends where ONNX Runtime saturates", async (name, dataType, bytes) => {
    const { path, ranges } = await rangesOf(name.replaceAll(" ", "-"), {
      nodes: pair("x", "y", "z"),
      weights: [floatTensor("s", [], Float32Array.of(0.037)), zeroPoint("z", dataType, bytes)],
      inputs: { x: [2] },
      outputs: ["y"],
      opset: 21,
    });
    const session = await ort.InferenceSession.create(path);
    const { y } = await session.run({ x: new ort.Tensor("float32", Float32Array.of(-1e6, 1e6), [2]) });
    await session.release();
    const [low = Number.NaN, high = Number.NaN] = Array.from(y?.data as Float32Array);
    expect(ranges.get("x")?.low).toBeCloseTo(low, 4);
    expect(ranges.get("x")?.high).toBeCloseTo(high, 3);
  });

  it("is the narrowest of several, and has no end where a Relu was left out; weights have none", async () => {
    const { ranges } = await rangesOf("several", {
      nodes: [
        ...pair("x", "a", "z8"),
        node("QuantizeLinear", ["x", "wide", "z8"], ["bq"]),
        node("DequantizeLinear", ["bq", "wide", "z8"], ["b"]),
        ...pair("w", "wd", "z8"),
        node("MatMul", ["a", "wd"], ["t"]),
        ...pair("t", "u", "zu"),
        node("Add", ["u", "b"], ["y"]),
      ],
      weights: [
        floatTensor("s", [], Float32Array.of(0.5)),
        floatTensor("wide", [], Float32Array.of(3)),
        floatTensor("w", [2, 2], Float32Array.of(1, 2, 3, 4)),
        zeroPoint("z8", DataType.INT8, [0]),
        zeroPoint("zu", DataType.UINT8, [0]),
      ],
      inputs: { x: [2, 2] },
      outputs: ["y"],
    });
    expect([...ranges]).toEqual([
      ["x", { low: -64, high: 63.5 }],
      ["t", { low: Number.NEGATIVE_INFINITY, high: 127.5 }],
    ]);
  });
});
