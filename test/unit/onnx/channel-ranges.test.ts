import { describe, expect, it } from "vitest";
import { channelRanges } from "../../../src/onnx/channel-ranges.ts";
import { floatTensor, int8Tensor, type TensorProto } from "../../../src/onnx/model.ts";
import { toNetwork } from "../../../src/onnx/network.ts";
import { openProto } from "../../../src/onnx/read.ts";
import { modelProto, node } from "../../fakes/onnx-models.ts";
import { runEffects } from "../../fakes/run-effects.ts";

const scalar = (name: string) => floatTensor(name, [], Float32Array.of(0.1));
/** y = x · w, w quantised with one scale. Columns are output channels. */
async function rangesOf(weights: readonly TensorProto[], before: readonly ReturnType<typeof node>[] = []) {
  const nodes = [...before, node("DequantizeLinear", ["q", "s"], ["w"], "dequantize"), node("MatMul", ["x", "w"], ["y"], "product")];
  const { files, end } = await runEffects();
  try {
    return await channelRanges(
      toNetwork(openProto(modelProto({ nodes, weights, inputs: { x: [1, 2] }, outputs: ["y"] }), "m.onnx")),
      files,
    );
  } finally {
    await end();
  }
}

describe("the ranges of a weight's channels", () => {
  it("are compared where one scale serves them all: the widest to the middle one, channels of zeros apart", async () => {
    // Columns reach 4, 100, 0 and 2.
    const stored = int8Tensor("q", [2, 4], Int8Array.of(4, -100, 0, 1, 3, 50, 0, -2));
    expect(await rangesOf([stored, scalar("s")])).toEqual([{ node: "product", ratio: expect.closeTo(100 / 4, 4) }]);
  });

  it("are read from the float values where the weight is quantised in the graph", async () => {
    const float = floatTensor("f", [2, 3], Float32Array.of(1, 2, 30, 1, 2, -60));
    const quantize = node("QuantizeLinear", ["f", "s"], ["q"], "quantize");
    expect(await rangesOf([float, scalar("s")], [quantize])).toEqual([{ node: "product", ratio: expect.closeTo(30, 4) }]);
  });

  it("are of no interest where each channel has its scale", async () => {
    const stored = int8Tensor("q", [2, 2], Int8Array.of(1, 100, 1, 100));
    expect(await rangesOf([stored, floatTensor("s", [2], Float32Array.of(1, 2))])).toEqual([]);
  });
});
