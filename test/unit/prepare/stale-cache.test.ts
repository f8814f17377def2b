/** The line that renews a calibration cache makes one that the same TensorRT reads, by the same algorithm and at the same shapes. */
import { expect, it } from "vitest";
import { renewCommand } from "../../../src/prepare/stale-cache.ts";

const shape = { min: [1, 8], opt: [2, 8], max: [4, 8] };
const nothing = { data: undefined, loader: undefined, qdq: undefined, placement: undefined };
const quantization = { ...nothing, cache: "m.cache", algorithm: "entropy", percentile: 99.9, minSamples: 500 } as const;
const note = { modelSha256: "ab", algorithm: "minmax", samples: 8, createdAt: "2026-11-30T00:00:00Z" };

it.each([
  [{}, undefined, "8601", "--data FILE -o m.cache"],
  [{}, note, undefined, "--data FILE --algorithm minmax -o m.cache"],
  [{ data: "my data.npy" }, note, "8601", "--data 'my data.npy' -o m.cache"],
  [
    { data: "d.npy", algorithm: "percentile" },
    undefined,
    "100300",
    "--data d.npy --algorithm percentile --percentile 99.9 --trt-version 100300 -o m.cache",
  ],
] as const)("with %o, the note %o and the version %s", (given, found, version, words) => {
  const command = renewCommand({ path: "m.onnx", shapes: new Map() }, { ...quantization, ...given }, { note: found, version });
  expect(command).toBe(`trt-gate calibrate m.onnx ${words}`);
});

it("gives the shapes that the entry fixes", () => {
  const command = renewCommand({ path: "m.onnx", shapes: new Map([["x", shape]]) }, quantization, { note: undefined, version: undefined });
  expect(command).toBe("trt-gate calibrate m.onnx --data FILE --shapes x:2x8 -o m.cache");
});
