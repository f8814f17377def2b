import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { toHalf } from "../../../../src/lanes/tensorrt/half-network.ts";
import { rawBytes } from "../../../../src/onnx/constants.ts";
import { DataType, floatTensor, int8Tensor } from "../../../../src/onnx/model.ts";
import { type Network, toNetwork } from "../../../../src/onnx/network.ts";
import { parseModel } from "../../../../src/onnx/read.ts";
import { modelBytes, node } from "../../../fakes/onnx-models.ts";
import { type RunEffects, runEffects } from "../../../fakes/run-effects.ts";

let run: RunEffects;
afterEach(() => run.end());

/** Bits of each half value. */
async function bitsOf(network: Network, name: string): Promise<number[]> {
  const tensor = network.constants.get(name);
  if (tensor === undefined) throw new Error(`no constant '${name}'`);
  expect(tensor.dataType).toBe(DataType.FLOAT16);
  const bytes = await rawBytes(tensor, network.folder, run.files);
  return Array.from(new Uint16Array(bytes.slice().buffer));
}

const floats = (name: string, values: readonly number[]) => floatTensor(name, [values.length], Float32Array.from(values));

describe("a network typed by the gate", () => {
  it("clamps what is finite to FP16's range and leaves infinities: masks stay masks", async () => {
    run = await runEffects();
    const values = [-3.4028234663852886e38, 3.4028234663852886e38, 65519, Number.NEGATIVE_INFINITY, 1];
    const bytes = modelBytes({
      nodes: [node("Add", ["x", "mask"], ["y"])],
      weights: [floats("mask", values)],
      inputs: { x: [5] },
      outputs: ["y"],
    });
    const half = await toHalf(toNetwork(parseModel(bytes, join(run.folder, "m.onnx"))), run.files);
    // numpy.float16([-65504, 65504, 65504, -inf, 1]).view(numpy.uint16)
    expect(await bitsOf(half, "mask")).toEqual([0xfbff, 0x7bff, 0x7bff, 0xfc00, 0x3c00]);
  });

  it("lets no scale of Q/DQ become zero, and leaves other small numbers as FP16 has them", async () => {
    run = await runEffects();
    const bytes = modelBytes({
      nodes: [
        node("QuantizeLinear", ["x", "scale", "zero"], ["q"]),
        node("DequantizeLinear", ["q", "scale", "zero"], ["d"]),
        node("Mul", ["d", "small"], ["y"]),
      ],
      weights: [floats("scale", [2.4e-8]), floats("small", [2.4e-8]), int8Tensor("zero", [1], new Int8Array(1))],
      outputs: ["y"],
    });
    const half = await toHalf(toNetwork(parseModel(bytes, join(run.folder, "m.onnx"))), run.files);
    // numpy.float16(2**-24).view(numpy.uint16) is 1; numpy.float16(2.4e-8) is 0.
    expect([await bitsOf(half, "scale"), await bitsOf(half, "small")]).toEqual([[1], [0]]);
  });
});
