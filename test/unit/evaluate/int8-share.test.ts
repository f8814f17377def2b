import { describe, expect, it } from "vitest";
import { withInt8Share } from "../../../src/evaluate/int8-share.ts";
import type { Verdict } from "../../../src/gate/verdict.ts";
import type { BuildFacts, Int8Count } from "../../../src/model/engine.ts";

const pass: Verdict = { kind: "pass", reason: "within-limits", message: "fine" };
const engine = (int8: Int8Count | undefined, ms?: { readonly candidate: number; readonly reference: number }) => {
  const facts = (what: string, latencyMs: number | undefined): BuildFacts => ({
    what,
    seconds: 1,
    notes: [],
    ...(latencyMs === undefined ? {} : { latencyMs }),
  });
  return { facts: { ...facts("INT8 engine", ms?.candidate), ...(int8 ? { int8 } : {}) }, reference: facts("FP16 engine", ms?.reference) };
};

describe("an engine with next to no INT8", () => {
  it("passes nothing: it is undecided, with the count and both latencies", () => {
    const verdict = withInt8Share(pass, engine({ int8: 1, other: 53, unknown: 0 }, { candidate: 0.85, reference: 0.58 }), 0.1);
    expect(verdict).toMatchObject({ kind: "undecided", reason: "int8-not-used" });
    expect(verdict.message).toContain(
      "The builder chose INT8 for 1 of 54 compute layers with scales; 10 % are asked for. Ship the FP16 engine, it is faster: 0.580 against 0.850 ms.",
    );
  });

  it("is told apart from one that is faster all the same, and from one that was not timed", () => {
    const few = { int8: 1, other: 53, unknown: 0 };
    expect(withInt8Share(pass, engine(few, { candidate: 0.5, reference: 0.6 }), 0.1).message).toContain(
      "faster than the FP16 engine all the same",
    );
    expect(withInt8Share(pass, engine(few), 0.1).message).not.toContain(" ms");
  });

  it("is undecided without any INT8 whatever share is asked for", () => {
    expect(withInt8Share(pass, engine({ int8: 0, other: 54, unknown: 0 }), 0)).toMatchObject({ reason: "int8-not-used" });
    expect(withInt8Share(pass, engine({ int8: 1, other: 53, unknown: 0 }), 0)).toBe(pass);
  });
});

describe("the INT8 share", () => {
  it("leaves a pass alone at the share asked for, where layers are unknown, and where the inspector is silent", () => {
    expect(withInt8Share(pass, engine({ int8: 6, other: 54, unknown: 0 }), 0.1)).toBe(pass);
    expect(withInt8Share(pass, engine({ int8: 0, other: 40, unknown: 14 }), 0.1)).toBe(pass);
    expect(withInt8Share(pass, engine(undefined), 0.1)).toBe(pass);
  });

  it("changes no other verdict", () => {
    const regression: Verdict = { kind: "regression", reason: "limit-exceeded", message: "bad" };
    expect(withInt8Share(regression, engine({ int8: 0, other: 54, unknown: 0 }), 0.1)).toBe(regression);
  });
});
