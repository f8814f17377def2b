import { describe, expect, it } from "vitest";
import { judgedOn } from "../../../src/report/sections/judged-on.ts";
import { laneWords } from "../../../src/report/sections/labels.ts";
import { passingModel, passReport } from "../../fakes/report.ts";

const reported = (...models: Parameters<typeof passingModel>[0][]) => {
  const { environment } = passReport({});
  return { models: models.map((model) => passingModel(model)), environment: { ...environment, tensorrt: "10.16.1", gpu: "H100" } };
};

describe("what a verdict stands on", () => {
  it("names what the engines were compared with, each pair once", () => {
    expect(judgedOn(reported({ lane: "explicit", reference: "fp16" }, { lane: "explicit", reference: "fp16" }))).toBe(
      "Judged on: TensorRT 10.16.1 INT8 engine (Q/DQ) against FP16, on H100.",
    );
    expect(judgedOn(reported({ lane: "implicit", reference: "onnxruntime" }, { lane: "explicit", reference: "plan" }))).toBe(
      "Judged on: TensorRT 10.16.1 INT8 engine (calibration cache) against FP32 in ONNX Runtime, on H100. " +
        "Judged on: TensorRT 10.16.1 INT8 engine (Q/DQ) against a given engine, on H100.",
    );
  });

  it("says which limits of the configuration a simulation cannot judge", () => {
    const entry = { latency: { "max-slowdown-vs-reference": 1.1 }, tensorrt: { "min-int8-share": 0.5 } };
    expect(judgedOn(reported({ lane: "simulate", entry }))).toMatch(
      /; no engine was built, so latency\.max-slowdown-vs-reference and tensorrt\.min-int8-share were not judged\.$/,
    );
    expect(judgedOn(reported({ lane: "simulate", entry: {} }))).toMatch(/; no engine was built\.$/);
    expect(judgedOn(reported({ lane: "explicit", entry }))).not.toContain("not judged");
  });

  it("claims no reference that a report does not name, and FP32 of a simulation", () => {
    const [older, simulated] = reported({ lane: "explicit" }, { lane: "simulate" }).models;
    expect(older && laneWords(older)).toBe("TensorRT INT8 engine (Q/DQ)");
    expect(simulated && laneWords(simulated)).toBe("INT8 simulated on the CPU against FP32");
  });
});
