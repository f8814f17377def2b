import { describe, expect, it } from "vitest";
import { latencyOf, type Timed, withLatency } from "../../../src/evaluate/latency.ts";
import type { Verdict } from "../../../src/gate/verdict.ts";

const pass: Verdict = { kind: "pass", reason: "within-limits", message: "fine" };

const timed = (times: Partial<Timed>): Timed => ({ referenceMs: undefined, candidateMs: undefined, fixedMs: undefined, ...times });

describe("the latency limit of an entry", () => {
  it("turns a pass into a regression beyond it, with both times", () => {
    const verdict = withLatency(pass, timed({ referenceMs: 0.61, candidateMs: 0.98 }), 1);
    expect(verdict).toMatchObject({ kind: "regression", reason: "latency" });
    expect(verdict.message).toContain("0.980 ms against the reference's 0.610 ms, 1.61 times as long; 1 is allowed");
  });

  it("leaves a pass alone within it, and every verdict where none is set", () => {
    expect(withLatency(pass, timed({ referenceMs: 1, candidateMs: 1.1 }), 1.1)).toBe(pass);
    expect(withLatency(pass, timed({ referenceMs: 0.61, candidateMs: 0.98 }), undefined)).toBe(pass);
  });

  it("is undecided where engines gave no time, never a pass", () => {
    expect(withLatency(pass, timed({ referenceMs: 1 }), 2)).toMatchObject({ kind: "undecided", reason: "not-a-number" });
    expect(withLatency(pass, timed({ candidateMs: 1 }), 2)).toMatchObject({ kind: "undecided", reason: "not-a-number" });
  });

  it("changes no other verdict", () => {
    const regression: Verdict = { kind: "regression", reason: "limit-exceeded", message: "bad" };
    expect(withLatency(regression, timed({ referenceMs: 1, candidateMs: 2 }), 1)).toBe(regression);
  });
});

describe("the latency of a fix", () => {
  it("calls one pointless that is slower than the reference, or than the entry allows", () => {
    expect(latencyOf(timed({ referenceMs: 1, candidateMs: 0.5, fixedMs: 1.2 }), undefined)).toMatchObject({ pointless: true });
    expect(latencyOf(timed({ referenceMs: 1, candidateMs: 0.5, fixedMs: 1.2 }), 1.5)).toMatchObject({ pointless: false });
    expect(latencyOf(timed({ referenceMs: 1, candidateMs: 0.5, fixedMs: 0.9 }), 0.8)).toMatchObject({ pointless: true });
    expect(latencyOf(timed({ candidateMs: 0.5 }), 1)).toBeNull();
  });
});
