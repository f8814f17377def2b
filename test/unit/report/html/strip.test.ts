import { describe, expect, it } from "vitest";
import { apart } from "../../../../src/report/html/charts/frame.ts";
import { precisionOf, shadeOf, stripWords } from "../../../../src/report/html/charts/strip.ts";
import { sampleLayer, sampleModel, sampleUnit } from "../../../fakes/report.ts";

describe("the strip of the network", () => {
  it("tells quantised units, what the fix keeps, what is kept already and the rest apart", () => {
    const kept = { file: "keep.json", precision: "float16" as const, units: [sampleUnit(5)] };
    const precision = precisionOf(sampleModel({ kept }));
    expect([7, 5, 1].map((i) => precision(sampleLayer(i)))).toEqual(["fix", "kept", "int8"]);
    expect(precision(sampleLayer(1, { unit: undefined }))).toBe("float");
  });

  it("believes the engine's inspector before the scales", () => {
    const precision = precisionOf(sampleModel());
    expect(precision(sampleLayer(7, { executedPrecision: "FP16" }))).toBe("float");
    expect(precision(sampleLayer(1, { executedPrecision: "INT8" }))).toBe("int8");
    expect(precision(sampleLayer(1, { executedPrecision: "FP8" }))).toBe("int8");
    expect(precision(sampleLayer(1, { executedPrecision: "unknown" }))).toBe("int8");
  });

  it.each([
    [19.99, "e0"],
    [20, "e1"],
    [30, "e2"],
    [40, "e3"],
    [Number.POSITIVE_INFINITY, "e3"],
    [Number.NaN, "e0"],
    [Number.NEGATIVE_INFINITY, "e0"],
    [undefined, "unknown"],
  ] as const)("shades %s dB as %s", (db, shade) => {
    expect(shadeOf(db)).toBe(shade);
  });

  it("says in words what its colours say", () => {
    const cells = (["int8", "fix", "float", "kept"] as const).map((precision, index) => ({ index, precision, shade: "e0" as const }));
    expect(stripWords(cells, "INT8")).toBe(
      "2 of 4 run in INT8, of which the fix keeps 1 in higher precision; 1 are kept in higher precision already.",
    );
  });
});

describe("labels that would lie over each other", () => {
  it("are moved apart and stay inside", () => {
    expect(apart([10, 50, 90], 16, [0, 100])).toEqual([10, 50, 90]);
    expect(apart([50, 52, 53], 16, [0, 100])).toEqual([50, 66, 82]);
    expect(apart([95, 96, 97], 16, [0, 100])).toEqual([68, 84, 100]);
  });
});
