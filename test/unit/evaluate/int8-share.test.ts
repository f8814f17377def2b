import { describe, expect, it } from "vitest";
import { withInt8Share } from "../../../src/evaluate/int8-share.ts";
import type { Verdict } from "../../../src/gate/verdict.ts";
import { notTimed, steady, timedAs } from "../../fakes/timed.ts";

const pass: Verdict = { kind: "pass", reason: "within-limits", message: "fine" };
describe("an engine with next to no INT8", () => {
  it("passes nothing: it is undecided, with the count and both latencies", async () => {
    const timed = await timedAs({ half: steady(0.58), candidate: steady(0.85) });
    const verdict = withInt8Share(pass, { int8: 1, other: 53, unknown: 0 }, 0.1, timed);
    expect(verdict).toMatchObject({ kind: "undecided", reason: "int8-not-used" });
    expect(verdict.message).toContain(
      "The builder chose INT8 for 1 of 54 compute layers with scales; 10 % are asked for. Ship the FP16 engine, it is faster: 0.580 ms (0.580 to 0.580) against 0.850 ms (0.850 to 0.850).",
    );
  });

  it("is told apart from one that is faster all the same, from one that is as fast, and from one that was not timed", async () => {
    const few = { int8: 1, other: 53, unknown: 0 };
    const beside = async (candidate: number) =>
      withInt8Share(pass, few, 0.1, await timedAs({ half: steady(0.6), candidate: steady(candidate) })).message;
    expect(await beside(0.5)).toContain("faster than the FP16 engine all the same");
    expect(await beside(0.6)).toContain("Ship the FP16 engine, it is as fast: 0.600 ms");
    expect(withInt8Share(pass, few, 0.1, notTimed).message).not.toContain(" ms");
  });

  it("is undecided without any INT8 whatever share is asked for", () => {
    expect(withInt8Share(pass, { int8: 0, other: 54, unknown: 0 }, 0, notTimed)).toMatchObject({ reason: "int8-not-used" });
    expect(withInt8Share(pass, { int8: 1, other: 53, unknown: 0 }, 0, notTimed)).toBe(pass);
  });
});

describe("the INT8 share", () => {
  it("names the type that the model's own Q/DQ asks for", () => {
    const { message } = withInt8Share(pass, { int8: 0, other: 3, unknown: 0, precision: "FP8" }, 0.1, notTimed);
    expect(message).toContain("The builder chose FP8 for 0 of 3 compute layers with scales");
  });

  it("leaves a pass alone at the share asked for, where layers are unknown, and where the inspector is silent", () => {
    expect(withInt8Share(pass, { int8: 6, other: 54, unknown: 0 }, 0.1, notTimed)).toBe(pass);
    expect(withInt8Share(pass, { int8: 0, other: 40, unknown: 14 }, 0.1, notTimed)).toBe(pass);
    expect(withInt8Share(pass, undefined, 0.1, notTimed)).toBe(pass);
  });

  it("changes no other verdict", () => {
    const regression: Verdict = { kind: "regression", reason: "limit-exceeded", message: "bad" };
    expect(withInt8Share(regression, { int8: 0, other: 54, unknown: 0 }, 0.1, notTimed)).toBe(regression);
  });
});
