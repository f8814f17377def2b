import { describe, expect, it } from "vitest";
import { latencyOf, withLatency } from "../../../src/check/latency.ts";
import type { Verdict } from "../../../src/gate/verdict.ts";
import type { BuildFacts } from "../../../src/model/engine.ts";
import type { LaneName } from "../../../src/model/lane.ts";

const pass: Verdict = { kind: "pass", reason: "within-limits", message: "fine" };

const engines = (times: Partial<Record<"reference" | "candidate" | "fixed", number>>, lane: LaneName = "implicit") => {
  const build = (what: string, role: "reference" | "candidate", kept: number, latencyMs: number | undefined): BuildFacts => ({
    what,
    role,
    kept,
    seconds: 20,
    notes: [],
    ...(latencyMs === undefined ? {} : { latencyMs }),
  });
  const builds = [
    build("reference", "reference", 0, times.reference),
    build("INT8", "candidate", 0, times.candidate),
    build("fixed", "candidate", 3, times.fixed),
  ];
  return { lane, builds: () => builds };
};

describe("the latency limit of an entry", () => {
  it("turns a pass into a regression beyond it, with both times", () => {
    const verdict = withLatency(pass, engines({ reference: 0.61, candidate: 0.98 }), 1);
    expect(verdict).toMatchObject({ kind: "regression", reason: "latency" });
    expect(verdict.message).toContain("0.980 ms against the reference's 0.610 ms, 1.61 times as long; 1 is allowed");
  });

  it("leaves a pass alone within it, and every verdict where none is set", () => {
    expect(withLatency(pass, engines({ reference: 1, candidate: 1.1 }), 1.1)).toBe(pass);
    expect(withLatency(pass, engines({ reference: 0.61, candidate: 0.98 }), undefined)).toBe(pass);
  });

  it("is undecided where engines gave no time, never a pass", () => {
    expect(withLatency(pass, engines({ reference: 1 }), 2)).toMatchObject({ kind: "undecided", reason: "not-a-number" });
    expect(withLatency(pass, engines({ candidate: 1 }), 2)).toMatchObject({ kind: "undecided", reason: "not-a-number" });
  });

  it("changes no other verdict, and none of the simulate lane", () => {
    const regression: Verdict = { kind: "regression", reason: "limit-exceeded", message: "bad" };
    expect(withLatency(regression, engines({ reference: 1, candidate: 2 }), 1)).toBe(regression);
    expect(withLatency(pass, engines({}, "simulate"), 1)).toBe(pass);
  });
});

describe("the latency of a fix", () => {
  it("calls one pointless that is slower than the reference, or than the entry allows", () => {
    expect(latencyOf(engines({ reference: 1, candidate: 0.5, fixed: 1.2 }), undefined)).toMatchObject({ pointless: true });
    expect(latencyOf(engines({ reference: 1, candidate: 0.5, fixed: 1.2 }), 1.5)).toMatchObject({ pointless: false });
    expect(latencyOf(engines({ reference: 1, candidate: 0.5, fixed: 0.9 }), 0.8)).toMatchObject({ pointless: true });
    expect(latencyOf(engines({ candidate: 0.5 }), 1)).toBeNull();
  });
});
