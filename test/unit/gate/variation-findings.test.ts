import { describe, expect, test } from "vitest";
import { findingCaveats } from "../../../src/gate/caveats.ts";
import { judge } from "../../../src/gate/judge.ts";
import { good, input, measured } from "./judging.ts";

const caveatsOf = (reference: { min: number; max: number; mean: number; std: number }, sqnrDb = 60) => {
  const { verdict, findings } = judge(input([measured("depth", { ...good, sqnrDb }, { reference, candidate: reference })]));
  return verdict.kind === "pass" ? findingCaveats(findings) : verdict.kind;
};

describe("an output whose offset carries its figure", () => {
  // numpy: 60 + 10 * np.log10(2.8**2 / (2.8**2 + 1e4**2)) = -11.06
  test("is a caveat where what varies is lost", () => {
    const message = expect.stringContaining(
      '"depth" lies around 10000; without this mean it has SQNR −11.06 dB, where the whole has 60 dB',
    );
    expect(caveatsOf({ min: 9990, max: 10_010, mean: 1e4, std: 2.8 })).toEqual([{ reason: "variation-lost", message }]);
  });

  test("is a caveat where it is one value throughout: equal zeros are no proof", () => {
    const message = expect.stringContaining('"depth" is 0 throughout: its figures say nothing.');
    expect(caveatsOf({ min: 0, max: 0, mean: 0, std: 0 }, Number.POSITIVE_INFINITY)).toEqual([{ reason: "variation-lost", message }]);
  });

  test("says nothing where enough of it varies", () => {
    expect(caveatsOf({ min: 0, max: 640, mean: 320, std: 180 }, 30)).toEqual([]);
    expect(caveatsOf({ min: -3, max: 3, mean: 0, std: 1 }, 21)).toEqual([]);
  });
});
