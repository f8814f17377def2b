import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { loadRuntime } from "../../../src/lanes/simulate/runtime.ts";
import { openSession } from "../../../src/lanes/simulate/session.ts";
import { floatTensor, int64Tensor, intAttr, makeNode } from "../../../src/onnx/model.ts";
import { type Network, toNetwork } from "../../../src/onnx/network.ts";
import { raiseForHalfQdq } from "../../../src/onnx/opset-19.ts";
import { parseModel } from "../../../src/onnx/read.ts";
import { modelBytes } from "../../fakes/onnx-models.ts";
import { type RunEffects, runEffects } from "../../fakes/run-effects.ts";

let run: RunEffects;
afterEach(() => run.end());

async function outputOf(network: Network) {
  const session = await openSession(await loadRuntime(run), run, network, "test");
  const data = Float32Array.from({ length: 64 }, (_, i) => (i * 37) % 11);
  const outputs = await session.run(new Map([["x", { name: "x", dtype: "float32", shape: [1, 1, 8, 8], data }]]));
  await session.release();
  return outputs.get("y")?.data;
}

describe("raising a network to opset 19", () => {
  it("keeps what RoiAlign of opset 13 computes, whose pixels lie elsewhere by default since 16", async () => {
    run = await runEffects();
    const network = toNetwork(
      parseModel(
        modelBytes({
          nodes: [
            makeNode({
              opType: "RoiAlign",
              input: ["x", "rois", "batch"],
              output: ["y"],
              attribute: [intAttr("output_height", 3), intAttr("output_width", 3)],
            }),
          ],
          weights: [floatTensor("rois", [1, 4], Float32Array.of(0.7, 1.1, 6.2, 5.9)), int64Tensor("batch", [0])],
          inputs: { x: [1, 1, 8, 8] },
          outputs: ["y"],
          opset: 13,
        }),
        join(run.folder, "m.onnx"),
      ),
    );
    const before = await outputOf(network);
    expect(before).toHaveLength(9);
    expect(await outputOf(raiseForHalfQdq(network))).toEqual(before);
  });
});
