import { describe, expect, it } from "vitest";
import { channelRanges } from "../../../src/onnx/channel-ranges.ts";
import { floatTensor, int8Tensor, type TensorProto } from "../../../src/onnx/model.ts";
import { toNetwork } from "../../../src/onnx/network.ts";
import { openProto, readModel } from "../../../src/onnx/read.ts";
import { mostEntries, weightRange } from "../../../src/onnx/weight-ranges.ts";
import { encode, modelProto, node } from "../../fakes/onnx-models.ts";
import { runEffects } from "../../fakes/run-effects.ts";

type Node = ReturnType<typeof node>;

async function rangeOf(weights: readonly TensorProto[], nodes: readonly Node[]) {
  const { files, end } = await runEffects();
  try {
    const proto = modelProto({ nodes, weights, inputs: { x: [1, 2] }, outputs: ["y"] });
    return await weightRange(toNetwork(openProto(proto, "m.onnx")), "product", files);
  } finally {
    await end();
  }
}

const product = node("MatMul", ["x", "w"], ["y"], "product");
const dequantize = (...inputs: string[]) => node("DequantizeLinear", inputs, ["w"], "dequantize");

describe("the weights of a layer by output channel", () => {
  it("are the columns of a matrix product's float weight", async () => {
    const weight = floatTensor("w", [2, 3], Float32Array.of(1, -2, 30, -1, 5, -60));
    expect(await rangeOf([weight], [product])).toEqual({ channels: 3, low: [-1, -2, -60], high: [1, 5, 30] });
  });

  it("are the rows of a convolution's", async () => {
    const weight = floatTensor("w", [2, 1, 1, 2], Float32Array.of(1, -2, 30, 40));
    expect(await rangeOf([weight], [node("Conv", ["x", "w"], ["y"], "product")])).toEqual({ channels: 2, low: [-2, 30], high: [1, 40] });
  });

  it("are stored integers without their zero point, times the scale of their channel", async () => {
    const weights = [
      int8Tensor("q", [2, 2], Int8Array.of(4, -100, -6, 50)),
      floatTensor("s", [2], Float32Array.of(0.5, 2)),
      int8Tensor("z", [2], Int8Array.of(2, 0)),
    ];
    expect(await rangeOf(weights, [dequantize("q", "s", "z"), product])).toEqual({ channels: 2, low: [-4, -200], high: [1, 100] });
  });

  it("are the float values where the weight is quantised in the graph", async () => {
    const weights = [floatTensor("f", [2, 2], Float32Array.of(1, 2, 30, -60)), floatTensor("s", [], Float32Array.of(1))];
    const nodes = [node("QuantizeLinear", ["f", "s"], ["q"], "quantize"), dequantize("q", "s"), product];
    expect(await rangeOf(weights, nodes)).toEqual({ channels: 2, low: [1, -60], high: [30, 2] });
  });

  it("leave out what is not finite", async () => {
    const weight = floatTensor("w", [2, 2], Float32Array.of(Number.NaN, Number.POSITIVE_INFINITY, 3, Number.NaN));
    expect(await rangeOf([weight], [product])).toEqual({ channels: 2, low: [3, 0], high: [3, 0] });
  });

  it("are told of neighbours together where there are many", async () => {
    const columns = 4 * mostEntries + 1;
    const weight = floatTensor(
      "w",
      [1, columns],
      Float32Array.from({ length: columns }, (_, i) => i),
    );
    const range = await rangeOf([weight], [product]);
    expect(range?.channels).toBe(columns);
    expect(range?.low.slice(0, 2)).toEqual([0, 5]);
    expect(range?.high.slice(0, 2)).toEqual([4, 9]);
    expect(range?.high.at(-1)).toBe(columns - 1);
  });

  it("are read from where they lie: a large weight stays in its file", async () => {
    const { files, folder, end } = await runEffects();
    try {
      const [rows, columns] = [100, 50];
      // The last row of a column tells which column it is; everything else is 0.
      const stored = Int8Array.from({ length: rows * columns }, (_, i) => (i >= (rows - 1) * columns ? (i % columns) + 1 : 0));
      const weights = [int8Tensor("q", [rows, columns], stored), floatTensor("s", [], Float32Array.of(0.5))];
      const path = `${folder}/m.onnx`;
      await files.writeBytes(
        path,
        encode(modelProto({ nodes: [dequantize("q", "s"), product], weights, inputs: { x: [1, rows] }, outputs: ["y"] })),
      );
      const network = toNetwork(await readModel(path, files, { weights: "left-in-file" }));
      expect((await weightRange(network, "product", files))?.high.slice(0, 3)).toEqual([0.5, 1, 1.5]);
      expect(await channelRanges(network, files)).toEqual([{ node: "product", ratio: expect.closeTo(50 / 26, 4) }]);
    } finally {
      await end();
    }
  });

  it("are unknown for scales by block, for a product of two activations and for a name that is not there", async () => {
    const blocks = [int8Tensor("q", [4, 1], Int8Array.of(1, 2, 3, 4)), floatTensor("s", [2, 1], Float32Array.of(1, 2))];
    expect(await rangeOf(blocks, [dequantize("q", "s"), product])).toBeUndefined();
    expect(await rangeOf([], [node("Relu", ["x"], ["w"], "relu"), product])).toBeUndefined();
    expect(await rangeOf([], [node("Relu", ["x"], ["y"], "relu")])).toBeUndefined();
  });
});
