import { describe, expect, it } from "vitest";
import { ConfigError, ToolError } from "../../../src/effects/failure.ts";
import { engineKeyWarnings } from "../../../src/prepare/engine-keys.ts";
import { entryOf } from "../../fakes/settings.ts";

const none = { lane: "simulate", wanted: "auto", why: "no NVIDIA GPU" } as const;
const asked = { ...none, wanted: "simulate" } as const;

describe("what only engines can follow", () => {
  it.each([
    ["engine: {candidate: a.plan}", "the plan a.plan", "engine"],
    ["engine: {reference: b.plan}", "the plan b.plan", "engine"],
    ["reference: {outputs: saved.json}", "the saved outputs saved.json", "reference"],
  ])("is never judged by another comparison: %s", (yaml, what, key) => {
    expect(() => engineKeyWarnings(entryOf(yaml), asked)).toThrow(ConfigError);
    expect(() => engineKeyWarnings(entryOf(yaml), asked)).toThrow(new RegExp(`trt-gate.yml:\\d+.*${what}.*leave \`${key}\` out`));
    expect(() => engineKeyWarnings(entryOf(yaml), none)).toThrow(ToolError);
    expect(() => engineKeyWarnings(entryOf(yaml), none)).toThrow(`${what}, and no engine can run here: no NVIDIA GPU.`);
    expect(engineKeyWarnings(entryOf(yaml), { ...none, lane: "explicit" })).toEqual([]);
  });

  it("is told where it is the reference's precision, and only where somebody wrote it", () => {
    expect(engineKeyWarnings(entryOf("reference: fp16"), none)).toEqual([
      expect.stringContaining("compared with FP32 in ONNX Runtime instead"),
    ]);
    expect(engineKeyWarnings(entryOf("reference: fp32"), none)).toEqual([]);
    expect(engineKeyWarnings(entryOf("reference: onnxruntime"), none)).toEqual([]);
    expect(engineKeyWarnings(entryOf(""), none)).toEqual([]);
  });
});
