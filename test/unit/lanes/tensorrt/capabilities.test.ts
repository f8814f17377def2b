import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { cacheHeaderPrefix, calibratorOf, explicitLane, implicitLane, securityNotes } from "../../../../src/lanes/tensorrt/capabilities.ts";
import { type Features, helloSchema } from "../../../../src/lanes/tensorrt/protocol.ts";

const eight: Features = {
  int8Flag: true,
  fp16Flag: true,
  calibrators: ["IInt8EntropyCalibrator2"],
  stronglyTyped: false,
  stronglyTypedFlag: false,
  obeyPrecision: true,
  layerPrecision: true,
  unfusedDebug: false,
  editableTimingCache: false,
  errorOnTimingCacheMiss: false,
  inspector: true,
  versionCompatible: true,
  dla: true,
  runtimeCache: false,
};
const ten: Features = { ...eight, stronglyTyped: true, stronglyTypedFlag: true, unfusedDebug: true };
const eleven: Features = {
  ...ten,
  int8Flag: false,
  fp16Flag: false,
  calibrators: [],
  obeyPrecision: false,
  layerPrecision: false,
  stronglyTypedFlag: false,
};

describe("lanes by feature", () => {
  it("serves the implicit lane wherever INT8 flag, calibrator and layer precisions are", () => {
    expect([implicitLane(eight), implicitLane(ten)].map(({ works }) => works)).toEqual([true, true]);
  });

  it("says the replacement where TensorRT removed implicit quantisation", () => {
    expect(implicitLane(eleven)).toMatchObject({ works: false, why: expect.stringContaining("lane: explicit") });
  });

  it("does not take a leftover flag name for the lane", () => {
    expect(implicitLane({ ...eleven, int8Flag: true, calibrators: ["IInt8EntropyCalibrator2"] }).works).toBe(false);
  });

  it("types the explicit lane strongly where weak typing is gone or strong typing is mature", () => {
    expect([eight, { ...ten, unfusedDebug: false }, ten, eleven].map((one) => explicitLane(one).typed)).toEqual([false, false, true, true]);
  });

  it("types a model with FP8 strongly wherever that can be, and says why not elsewhere", () => {
    const early = { ...ten, unfusedDebug: false };
    expect([early, ten, eleven].map((one) => explicitLane(one, "auto", "FP8"))).toMatchObject(
      Array.from({ length: 3 }, () => ({ works: true, typed: true })),
    );
    expect(explicitLane(eight, "auto", "FP8")).toMatchObject({ works: false, why: expect.stringContaining("the model holds FP8") });
    expect(explicitLane(early, "weak", "FP8")).toMatchObject({ works: false, why: expect.stringContaining("leave out `typing: weak`") });
  });
});

describe("lanes of the recorded TensorRT 10.15.1", () => {
  const hello = helloSchema.parse(
    JSON.parse(readFileSync(join(import.meta.dirname, "../../../fixtures/tensorrt-10.15.1/hello.json"), "utf8")),
  );

  it("are both: implicit with every calibrator, explicit strongly typed", () => {
    expect(implicitLane(hello.features)).toMatchObject({ works: true });
    expect(explicitLane(hello.features)).toMatchObject({ works: true, typed: true });
    expect(hello.features.calibrators).toEqual(expect.arrayContaining(["EntropyCalibration2", "MinMaxCalibration"].map(calibratorOf)));
  });

  it("come with its own cache header and a word about its known holes", () => {
    expect(cacheHeaderPrefix(hello.tensorrt)).toBe("TRT-101501");
    expect(securityNotes(hello)).toEqual([expect.stringContaining("TensorRT 10.15.1.29 has known holes")]);
  });
});

describe("calibration cache headers", () => {
  it.each([
    ["8.6.1", "TRT-8601"],
    ["8.0.3", "TRT-8003"],
    ["10.3.0", "TRT-100300"],
    ["10.15.1.29", "TRT-101501"],
  ])("TensorRT %s reads %s", (version, prefix) => {
    expect(cacheHeaderPrefix(version)).toBe(prefix);
  });

  it("knows the words that TensorRT writes and no other", () => {
    expect(calibratorOf("EntropyCalibration2")).toBe("IInt8EntropyCalibrator2");
    expect(calibratorOf("MinMaxCalibration")).toBe("IInt8MinMaxCalibrator");
    expect(calibratorOf("toString")).toBeUndefined();
  });
});

it("warns of releases with known holes", () => {
  const hello = { python: "3.11", numpy: "2", features: eight, memory: null, product: "TensorRT", notHere: null } as const;
  expect(securityNotes({ ...hello, tensorrt: "8.6.1", polygraphy: "0.49.9" })).toHaveLength(2);
  expect(securityNotes({ ...hello, tensorrt: "11.2.0", polygraphy: "0.53.6" })).toEqual([]);
  // Another product, which counts its releases anew.
  expect(securityNotes({ ...hello, product: "TensorRT for RTX", tensorrt: "1.7.1.116", polygraphy: "0.53.6" })).toEqual([]);
});
