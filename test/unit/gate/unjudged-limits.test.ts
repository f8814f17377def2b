import { describe, expect, it } from "vitest";
import { judge } from "../../../src/gate/judge.ts";
import { unjudgedCaveat, unjudgedLimits } from "../../../src/gate/unjudged-limits.ts";
import type { Tolerance } from "../../../src/gate/verdict.ts";
import type { Measurement } from "../../../src/measure/measurement.ts";
import { good, input, measured, tolerance } from "./judging.ts";

const factsOf = (given: Partial<Tolerance>, measurements: readonly Measurement[] = [measured("y", good)], more: object = {}) => {
  const own = tolerance(given);
  const { findings } = judge(input(measurements, { tolerance: own }));
  return { tolerance: own, findings, measurements, sharesEntry: false, written: new Set<string>(), ...more };
};
const pattern = (name: string) => ({ pattern: name, limits: { sqnrDb: { fail: 20 } } });
const score = { score: { sqnrDb: { fail: 20 } } };

describe("a limit of the configuration that judged nothing", () => {
  it("is none where each did", () => {
    expect(unjudgedCaveat(factsOf({}))).toBeUndefined();
    expect(unjudgedCaveat(factsOf({ tensors: [pattern("y")] }))).toBeUndefined();
    const layer = [measured("y", good), measured("conv", good, { role: "layer" })];
    expect(unjudgedCaveat(factsOf({ tensors: [pattern("conv")] }, layer))).toBeUndefined();
    const probabilities = measured("y", good, { score: { kind: "softmax", metrics: good, clampedShare: 0 } });
    expect(unjudgedCaveat(factsOf(score, [probabilities]))).toBeUndefined();
  });

  it("is a pattern that names nothing, or nothing that an earlier one does not name", () => {
    const facts = factsOf({ tensors: [pattern("*"), pattern("y"), pattern("renamed")] });
    expect(unjudgedLimits(facts)).toEqual([
      'the pattern "y" of `tolerance.tensors` names nothing that was measured',
      'the pattern "renamed" of `tolerance.tensors` names nothing that was measured',
    ]);
    expect(unjudgedCaveat(facts)).toEqual({
      reason: "limit-unjudged",
      message:
        'A limit judged nothing: the pattern "y" of `tolerance.tensors` names nothing that was measured (and 1 more, see the warnings). Correct it, or take it out.',
    });
    expect(unjudgedCaveat({ ...facts, sharesEntry: true })).toBeUndefined();
  });

  it("is a limit of scores without probabilities, and one of samples without two of them", () => {
    expect(unjudgedLimits(factsOf(score))).toEqual([expect.stringContaining("tolerance.score")]);
    expect(unjudgedLimits(factsOf({}, undefined, { written: new Set(["samples-within"]) }))).toEqual([
      expect.stringContaining("tolerance.samples-within"),
    ]);
    const figures = (sample: number) => ({ sample, metrics: good, isSilent: false });
    const two = [measured("y", good, { perSample: [figures(0), figures(1)] })];
    expect(unjudgedLimits(factsOf({}, two, { written: new Set(["samples-within"]) }))).toEqual([]);
  });

  it("is one of quantities where all outputs are indices, and of indices where none is", () => {
    const indices = measured("y", { agreement: 1 }, { kind: "index" });
    const written = new Set(["sqnr-db", "agreement"]);
    expect(unjudgedLimits(factsOf({}, [indices], { written }))).toEqual([expect.stringContaining("`tolerance.sqnr-db`")]);
    expect(unjudgedLimits(factsOf({}, undefined, { written }))).toEqual([expect.stringContaining("`tolerance.agreement`")]);
    expect(unjudgedLimits(factsOf({}, [indices, measured("z", good)], { written }))).toEqual([]);
  });

  it("is one of a part by a figure that only the whole has", () => {
    const part = measured("y", good, { part: { name: "scores", where: "[:, 4:9]" } });
    const limits = { sqnrDb: { fail: 20 }, top1Agreement: { fail: 0.9 } };
    const facts = factsOf({ tensors: [{ pattern: "scores", limits }] }, [measured("y", good, { parts: [part] })]);
    expect(unjudgedLimits(facts)).toEqual(['top1-agreement of the pattern "scores" of `tolerance.tensors` is no figure of what it names']);
  });

  it("is one of INT8 layers where the engine does not say what its layers run in", () => {
    expect(unjudgedLimits(factsOf({}, undefined, { int8Unknown: true }))).toEqual([expect.stringContaining("tensorrt.min-int8-share")]);
  });
});
