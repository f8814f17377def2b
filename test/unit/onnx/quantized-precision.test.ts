/** Files of ModelOpt and of ONNX Runtime's quantizer, called what their makers were told to write (make.py beside them). */
import { join } from "node:path";
import { expect, it } from "vitest";
import { toNetwork } from "../../../src/onnx/network.ts";
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

it.each([
  ["modelopt-forms/fp8.onnx", "FP8"],
  ["modelopt-forms/fp8.trt.onnx", "FP8"],
  ["modelopt-forms/int4.onnx", "INT4"],
  ["modelopt-forms/int4.trt.onnx", "INT4"],
  ["modelopt-forms/int8.half.onnx", "INT8"],
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
  const flags = async (file: string) =>
    qdqUnits(toQdqForm(withoutTrtOperators(await networkOf(file))), float).units.filter(
      ({ opType }) => opType === "MatMul" || opType === "Gemm",
    );
  const weightOnly = await flags("modelopt-forms/int4.onnx");
  expect(weightOnly.length).toBeGreaterThan(0);
  expect(weightOnly.every(({ isWeightOnly }) => isWeightOnly === true)).toBe(true);
  expect((await flags("modelopt-forms/fp8.onnx")).some(({ isWeightOnly }) => isWeightOnly === true)).toBe(false);
});
