/** A chain of five 1x1 convolutions that INT8 breaks at the second: one channel of its input is large and unused, so the others round to zero. */

import type { Tensor } from "../../src/model/tensor.ts";
import { floatTensor } from "../../src/onnx/model.ts";
import { modelBytes, node } from "./onnx-models.ts";

const channels = 8;
const convolutions = ["c1", "c2", "c3", "c4", "c5"];
/** Node that has to be kept. */
export const brokenNode = "c2";

/** x [batch, 8, height, width] -> y of the same shape; texts are open dimensions. */
export const outlierModel = (height: number | string = 4, width: number | string = 4, batch: number | string = 1): Uint8Array =>
  modelBytes({
    nodes: convolutions.map((name, i) =>
      node("Conv", [i === 0 ? "x" : `t${i}`, `w${i}`], [i === convolutions.length - 1 ? "y" : `t${i + 1}`], name),
    ),
    weights: convolutions.map((_, i) => floatTensor(`w${i}`, [channels, channels, 1, 1], weightsOf(i))),
    inputs: { x: [batch, channels, height, width] },
    outputs: ["y"],
  });

/** Rows are output channels: row 0 of the first is large, column 0 of the second is not read. */
const weightsOf = (layer: number): Float32Array =>
  Float32Array.from({ length: channels * channels }, (_, i) => {
    const [row, column] = [Math.floor(i / channels), i % channels];
    const value = Math.sin(1 + i * 7.3 + layer * 101);
    if (layer === 0 && row === 0) return value * 100;
    return layer === 1 && column === 0 ? 0 : value / 2;
  });

/** `count` samples in one array, axis 0; others for another `from`. */
export const outlierData = (count: number, height = 4, width = 4, from = 0): Tensor => ({
  name: "x",
  dtype: "float32",
  shape: [count, channels, height, width],
  data: Float32Array.from({ length: count * channels * height * width }, (_, at) => {
    const i = at + from * channels * height * width;
    return Math.sin(i * 12.9898 + (i % 17));
  }),
});
