/** When a Q/DQ model that TensorRT refuses is placed anew: only what the gate chose by itself, and only where it was that model that failed. */
import { expect, it } from "vitest";
import { otherPlacement, type Refused } from "../../../src/check/other-placement.ts";
import type { QuantizationEntry } from "../../../src/config/settings.ts";
import { ToolError } from "../../../src/effects/failure.ts";

const fromCache: QuantizationEntry = {
  cache: "m.cache",
  data: undefined,
  loader: undefined,
  qdq: undefined,
  algorithm: "entropy",
  percentile: 99.999,
  minSamples: 24,
};
const refused: Refused = { placement: { scheme: "modelopt", left: new Set() }, builds: [{ role: "reference" }] };
/** As TensorRT 8.6.1 said of the text-direction classifier on an H200. */
const noKernel = new ToolError("build-failed", "Could not find any implementation for node PWN(p2o.Add.0, PWN(p2o.Clip.0)).");

it("places Q/DQ on the inputs of compute nodes only, and says why", () => {
  const second = otherPlacement(fromCache, refused, noKernel);
  expect(second?.quantization).toEqual({ ...fromCache, placement: "core" });
  expect(second?.warning).toContain("PWN(p2o.Add.0, PWN(p2o.Clip.0))");
});

it.each<[string, Parameters<typeof otherPlacement>]>([
  ["the placement was asked for", [{ ...fromCache, placement: "modelopt" }, refused, noKernel]],
  ["it is the narrow one already", [fromCache, { ...refused, placement: { scheme: "core" } }, noKernel]],
  ["the lane places nothing", [fromCache, { ...refused, placement: undefined }, noKernel]],
  ["the model itself holds Q/DQ", [undefined, refused, noKernel]],
  ["the reference could not be built", [fromCache, { ...refused, builds: [] }, noKernel]],
  ["a later engine could not be built", [fromCache, { ...refused, builds: [{ role: "reference" }, { role: "candidate" }] }, noKernel]],
  ["the GPU ran out of memory", [fromCache, refused, new ToolError("gpu-oom", "Out of memory.")]],
])("leaves it where %s", (_, asked) => {
  expect(otherPlacement(...asked)).toBeUndefined();
});
