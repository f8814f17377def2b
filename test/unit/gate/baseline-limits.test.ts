import { describe, expect, it } from "vitest";
import { type BaselineFacts, baselineCaveat, withBaselineLimits } from "../../../src/gate/baseline-limits.ts";
import type { BaselineFigures } from "../../../src/gate/tensor-findings.ts";
import type { Verdict } from "../../../src/gate/verdict.ts";
import type { Measurement } from "../../../src/measure/measurement.ts";
import { good, measured, tolerance } from "./judging.ts";

const pass: Verdict = { kind: "pass", reason: "within-limits", message: "ok" };
const drops = tolerance({ baseline: { sqnrDb: { drop: 1 } } });
const facts = (before: Readonly<Record<string, BaselineFigures>> | undefined, more: Partial<BaselineFacts> = {}): BaselineFacts => ({
  tolerance: drops,
  measurements: [measured("y", good)],
  baseline: before && new Map(Object.entries(before)),
  ...more,
});
const judged = (given: BaselineFacts) => [withBaselineLimits(pass, given).reason, baselineCaveat(given)?.reason];
const part = (name: string): Measurement => measured("y", good, { role: "part" as never, part: { name, where: "[:, 0:4]" } });

describe("a limit against the base", () => {
  it("that was judged leaves the pass as it is", () => {
    expect(judged(facts({ y: { metrics: { sqnrDb: 30 } } }))).toEqual(["within-limits", undefined]);
    expect(judged(facts(undefined, { tolerance: tolerance() }))).toEqual(["within-limits", undefined]);
  });

  it("is undecided where a base is there and gave no figures, and a caveat where there is none", () => {
    const unusable = facts(undefined, { gap: { kind: "unusable", why: "its model is cut short." } });
    expect(withBaselineLimits(pass, unusable)).toMatchObject({ kind: "undecided", reason: "baseline-unjudged" });
    expect(withBaselineLimits(pass, unusable).message).toMatch(
      /^The allowed drop against the base \(`tolerance\.baseline`\) was not judged: its model is cut short\. /,
    );
    expect(baselineCaveat(unusable)).toBeUndefined();
    expect(judged(facts(undefined, { gap: { kind: "none", why: "there is no base" } }))).toEqual(["within-limits", "no-baseline"]);
    expect(judged(facts(undefined))).toEqual(["baseline-unjudged", undefined]);
  });

  it("is undecided where the base's figure is no number or is not there, unless its candidate had none: nothing is worse", () => {
    for (const metrics of [{ sqnrDb: Number.NaN }, { cosine: 1 }])
      expect(judged(facts({ y: { metrics } }))).toEqual(["baseline-unjudged", undefined]);
    expect(judged(facts({ y: { metrics: {}, fault: "shape-mismatch" } }))).toEqual(["baseline-unjudged", undefined]);
    expect(judged(facts({ y: { metrics: {}, fault: "nonfinite-candidate" } }))).toEqual(["within-limits", undefined]);
  });

  it("of an output that the base has not is a caveat where it was added, undecided where it may be another's new name", () => {
    const both = [measured("y", good), measured("z", good)];
    expect(judged(facts({ y: { metrics: good } }, { measurements: both }))).toEqual(["within-limits", "no-baseline"]);
    const renamed = facts({ x: { metrics: good } });
    expect(judged(renamed)).toEqual(["baseline-unjudged", undefined]);
    expect(withBaselineLimits(pass, renamed).message).toContain(`no output "y"`);
  });

  it("of a metric that no output has is undecided", () => {
    const top1 = tolerance({ baseline: { top1Agreement: { drop: 0.01 } } });
    const given = facts({ y: { metrics: good } }, { tolerance: top1 });
    expect(judged(given)).toEqual(["baseline-unjudged", undefined]);
  });

  it("of a part that the base has not is a caveat, unless parts are not judged", () => {
    const split = { measurements: [measured("y", good, { parts: [part("scores")] })] };
    const before = { y: { metrics: good, parts: [] } };
    expect(judged(facts(before, split))).toEqual(["within-limits", "no-baseline"]);
    expect(judged(facts({ y: { metrics: good, parts: [part("scores")] } }, split))).toEqual(["within-limits", undefined]);
    expect(judged(facts(before, { ...split, tolerance: { ...drops, parts: "off" } }))).toEqual(["within-limits", undefined]);
  });

  it("changes no verdict but a pass", () => {
    const regression: Verdict = { kind: "regression", reason: "limit-exceeded", message: "" };
    expect(withBaselineLimits(regression, facts(undefined))).toBe(regression);
  });
});
