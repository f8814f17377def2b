import { expect, it } from "vitest";
import { ConfigError, ToolError } from "../../../../src/effects/failure.ts";
import { failureFromWorker } from "../../../../src/lanes/tensorrt/worker-failure.ts";

const failure = (kind: string, message: string) =>
  failureFromWorker({ kind, message, detail: {}, lines: [message] }, "Building the FP16 engine");

it("says that an installation lacks the builder's kernels, and how to get all of them", () => {
  const error = failure("builder-missing", "Unable to load library: libnvinfer_builder_resource_sm90.so.10.15.1");
  expect(error).toBeInstanceOf(ToolError);
  expect(error).toMatchObject({
    reason: "lane-unavailable",
    message: expect.stringMatching(
      /^Building the FP16 engine failed: Unable to load library: libnvinfer_builder_resource_sm90.*Install every library of the same version/,
    ),
    tail: ["Unable to load library: libnvinfer_builder_resource_sm90.so.10.15.1"],
  });
});

it("does not take a driver that cannot start for a fault of the model", () => {
  expect(failure("no-cuda", "CUDA initialization failure with error: 35")).toMatchObject({
    reason: "lane-unavailable",
    message: expect.stringContaining("driver is new enough"),
  });
});

it("leaves an interface that TensorRT removed to the configuration's author", () => {
  expect(failure("unsupported", "this network is strongly typed")).toBeInstanceOf(ConfigError);
});

it("names a kind that it does not know as a failure of the worker", () => {
  expect(failure("toString", "?")).toMatchObject({ reason: "worker-failed" });
});

it("points at another version or lane where an assertion inside TensorRT failed, not at a layer", () => {
  const recorded =
    "2: [graphOptimizer.cpp::chooseHigherPrecision::7174] Error Code 2: Internal Error (Assertion dt1 == DataType::kFLOAT || dt1 == DataType::kHALF failed. )";
  expect(failure("build-failed", recorded)).toMatchObject({
    reason: "build-failed",
    message: expect.stringContaining("Try another version"),
  });
  const missing = failure("build-failed", "10: Could not find any implementation for node conv");
  expect(missing).toMatchObject({ reason: "build-failed", message: expect.stringContaining("Keep the layer that the message names") });
});
