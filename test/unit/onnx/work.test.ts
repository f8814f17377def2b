import { expect, it } from "vitest";
import { realFiles } from "../../../src/effects/files.ts";
import { toNetwork } from "../../../src/onnx/network.ts";
import { readModel } from "../../../src/onnx/read.ts";
import { multiplyAdds } from "../../../src/onnx/work.ts";
import { modelProto, node, weight } from "../../fakes/onnx-models.ts";
import { ocrModel } from "../commands/saved-commands.ts";

const files = realFiles(undefined, { record: () => undefined });

// Right values: weights times output places by onnx.shape_inference (onnx 1.19), Conv, MatMul and Gemm only.
it.each([
  ["ch_ppocr_mobile_v2.0_cls_infer", [1, 3, 48, 192], 16_315_376],
  ["ch_PP-OCRv4_rec_infer", [1, 3, 48, 320], 652_444_440],
  ["ch_PP-OCRv4_det_infer", [1, 3, 320, 320], 558_364_544],
] as const)("is within half of what shape inference counts for %s", async (name, shape, counted) => {
  const network = toNetwork(await readModel(ocrModel(`${name}.onnx`), files));
  const ratio = multiplyAdds(network, new Map([["x", shape]])) / counted;
  expect(ratio).toBeGreaterThan(0.67);
  expect(ratio).toBeLessThan(1.5);
});

it("grows with the size of a picture that the model leaves open", () => {
  const proto = modelProto({
    inputs: { x: [1, 3, "h", "w"] },
    weights: [weight("w", [8, 3, 3, 3])],
    nodes: [node("Conv", ["x", "w"], ["y"])],
    outputs: ["y"],
  });
  if (proto.graph === undefined) throw new Error("no graph");
  const network = toNetwork({ file: "m.onnx", ownFile: "m.onnx", folder: ".", proto, graph: proto.graph });
  const at = (size: number) => multiplyAdds(network, new Map([["x", [1, 3, size, size]]]));
  expect([at(10), at(20)]).toEqual([216 * 100, 216 * 400]);
});
