/** Files of ModelOpt and of ONNX Runtime's quantizer, called what their makers were told to write (make.py beside them). */
import { join } from "node:path";
import { expect, it } from "vitest";
import { type Network, toNetwork } from "../../../src/onnx/network.ts";
import { toQdqForm } from "../../../src/onnx/qdq-form.ts";
import { qdqUnits } from "../../../src/onnx/qdq-units.ts";
import { quantizedPrecision } from "../../../src/onnx/quantized-precision.ts";
import { readModel } from "../../../src/onnx/read.ts";
import { withoutTrtOperators } from "../../../src/onnx/trt-qdq.ts";
import { runEffects } from "../../fakes/run-effects.ts";

async function networkOf(file: string) {
  const effects = await runEffects();
  const model = await readModel(join(import.meta.dirname, "../../fixtures", file), effects.files);
  await effects.end();
  return toNetwork(model);
}

/** Units with what the file asks for, as given and as the simulate lane reads it. */
async function unitsOf(file: string, float?: Network) {
  const effects = await runEffects();
  const written = await networkOf(file);
  const standard = await withoutTrtOperators(written, effects.files);
  await effects.end();
  return [qdqUnits(toQdqForm(written), float).units, qdqUnits(toQdqForm(standard), float).units] as const;
}

it.each([
  ["modelopt-forms/fp8.onnx", "FP8"],
  ["modelopt-forms/fp8.trt.onnx", "FP8"],
  ["modelopt-forms/int4.onnx", "INT4"],
  ["modelopt-forms/int4.trt.onnx", "INT4"],
  ["modelopt-forms/int8.half.onnx", "INT8"],
  ["modelopt-types/nvfp4-half.onnx", "FP4"],
  ["modelopt-types/nvfp4-bf16.onnx", "FP4"],
  ["modelopt-types/mxfp8-half.onnx", "FP8"],
  ["modelopt-types/fp8-half.onnx", "FP8"],
  ["modelopt-types/fp8-bf16.onnx", "FP8"],
  ["modelopt-types/int8-onnx-bf16.onnx", "INT8"],
  ["onnxruntime-quantizer/pictures.u8s8.channel.onnx", "INT8"],
  ["onnxruntime-quantizer/pictures.s16.onnx", "INT8 and INT16"],
  ["onnxruntime-quantizer/pictures.qop.u8.onnx", "INT8"],
  ["onnxruntime-quantizer/words.dynamic.onnx", "INT8"],
  ["onnxruntime-quantizer/pictures.onnx", undefined],
])("%s computes in %s", async (file, precision) => {
  expect(quantizedPrecision(await networkOf(file))).toBe(precision);
});

it("units whose weights alone are quantised are told: an engine runs them in float", async () => {
  const float = await networkOf("modelopt-forms/float.onnx");
  const flags = async (file: string) => (await unitsOf(file, float))[1].filter(({ opType }) => opType === "MatMul" || opType === "Gemm");
  const weightOnly = await flags("modelopt-forms/int4.onnx");
  expect(weightOnly.length).toBeGreaterThan(0);
  expect(weightOnly.every(({ isWeightOnly }) => isWeightOnly === true)).toBe(true);
  expect((await flags("modelopt-forms/fp8.onnx")).some(({ isWeightOnly }) => isWeightOnly === true)).toBe(false);
});

it.each([
  ["modelopt-types/nvfp4-half.onnx", "FP4"],
  ["modelopt-types/nvfp4-bf16.onnx", "FP4"],
  ["modelopt-types/mxfp8-half.onnx", "FP8"],
  ["modelopt-types/fp8-half.onnx", "FP8"],
  ["modelopt-types/fp8-bf16.onnx", "FP8"],
  ["modelopt-forms/fp8.trt.onnx", "FP8"],
])("each of the products of %s is a unit that is to run in %s", async (file, precision) => {
  const [given] = await unitsOf(file);
  const products = given.filter(({ opType }) => opType === "MatMul" || opType === "Conv");
  expect(products.length).toBeGreaterThan(0);
  expect(products.map((unit) => [unit.precision, unit.isWeightOnly])).toEqual(products.map(() => [precision, undefined]));
});

it("a unit of INT8 has no word for it, and FP4 that is read as FP8 keeps its own", async () => {
  const [int8] = await unitsOf("modelopt-types/int8-onnx-bf16.onnx");
  expect(int8.map(({ precision }) => precision)).toEqual(int8.map(() => undefined));
  const [, simulated] = await unitsOf("modelopt-types/nvfp4-half.onnx");
  expect(simulated.map(({ opType, precision }) => [opType, precision])).toEqual(Array.from({ length: 3 }, () => ["MatMul", "FP4"]));
});
