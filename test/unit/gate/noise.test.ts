import { describe, expect, test } from "vitest";
import { type Judgement, judge } from "../../../src/gate/judge.ts";
import { decideOverBuilds } from "../../../src/gate/noise.ts";
import { input, measured } from "./judging.ts";

const at = (sqnrDb: number): Judgement => judge(input([measured("y", { sqnrDb, cosine: 1 })]));

describe("what builds of one engine say together", () => {
  test("is what a single build says, however near to the limit", () => {
    for (const [sqnrDb, kind] of [
      [20.001, "pass"],
      [19.999, "regression"],
    ] as const)
      expect(decideOverBuilds([at(sqnrDb)], 3)).toMatchObject({ verdict: { kind }, kinds: [kind] });
  });

  test("is what all of them say, and the first one's figures", () => {
    expect(decideOverBuilds([at(23), at(25), at(21)], 0)).toMatchObject({ verdict: { kind: "pass" }, kinds: ["pass", "pass", "pass"] });
    const [first, second] = [at(15), at(18)];
    expect(decideOverBuilds([first, second], 0).judgement).toBe(first);
    expect(decideOverBuilds([first, second], 0).verdict).toBe(first.verdict);
  });

  test("is undecided, with each margin, where one disagrees", () => {
    const { verdict } = decideOverBuilds([at(22), at(21), at(19)], 0);
    expect(verdict).toMatchObject({ kind: "undecided", reason: "inside-guard" });
    expect(verdict.message).toContain("3 builds of one engine say pass (2 dB), pass (1 dB), regression (-1 dB) of the limit.");
  });

  test("is undecided where one is nearer to the limit than the asked guard", () => {
    expect(decideOverBuilds([at(25), at(20.4)], 0.5).verdict).toMatchObject({ reason: "inside-guard" });
    expect(decideOverBuilds([at(25), at(20.6)], 0.5).verdict).toMatchObject({ kind: "pass" });
  });

  test("is a build's own reason where it could not be judged", () => {
    const nothing = judge(input([]));
    expect(decideOverBuilds([at(25), nothing], 0).verdict).toBe(nothing.verdict);
  });
});
