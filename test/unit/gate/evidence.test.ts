import { describe, expect, test } from "vitest";
import { type Evidence, evidenceCaveat, weaknesses, withEvidence } from "../../../src/gate/evidence.ts";

const good: Evidence = { samples: 32, distinct: 32, inCalibration: 0, isOverlapAllowed: false };
const pass = { kind: "pass", reason: "within-limits", message: "Fine." } as const;

describe("weak evidence", () => {
  test.each<[string, Partial<Evidence>, string[]]>([
    ["nothing of many distinct samples", {}, []],
    ["nothing where nothing is known of their content", { distinct: undefined, inCalibration: undefined }, []],
    ["one sample", { samples: 1, distinct: 1 }, ["1 sample is fewer than 16"]],
    ["copies of one", { samples: 16, distinct: 1 }, ["only 1 of 16 samples is distinct", "1 sample is fewer than 16"]],
    ["a few copies", { distinct: 30 }, ["only 30 of 32 samples are distinct"]],
    ["calibration samples", { inCalibration: 2 }, ["2 of 32 samples are calibration samples too"]],
    ["no overlap where that is allowed", { inCalibration: 32, isOverlapAllowed: true }, []],
  ])("says %s", (_, parts, wanted) => {
    expect(weaknesses({ ...good, ...parts })).toEqual(wanted);
  });

  test("is a caveat that says what to do", () => {
    expect(evidenceCaveat(good)).toBeUndefined();
    expect(evidenceCaveat({ ...good, samples: 8, distinct: 8 })).toEqual({
      reason: "weak-evidence",
      message: expect.stringMatching(/^8 samples are fewer than 16\. Give at least 16 distinct/),
    });
  });
});

describe("validation samples that calibrated the model", () => {
  const verdictWith = (parts: Partial<Evidence>) => withEvidence(pass, { ...good, ...parts });

  test("leave a pass undecided where they are more than half", () => {
    expect(verdictWith({ inCalibration: 16 })).toBe(pass);
    expect(verdictWith({ inCalibration: 17 })).toMatchObject({ kind: "undecided", reason: "validation-is-calibration" });
    expect(verdictWith({ inCalibration: 32, isOverlapAllowed: true })).toBe(pass);
  });

  test("excuse no regression", () => {
    const regression = { kind: "regression", reason: "limit-exceeded", message: "Bad." } as const;
    expect(withEvidence(regression, { ...good, inCalibration: 32 })).toBe(regression);
  });
});
