import { describe, expect, test } from "vitest";
import { measure } from "../../../src/measure/measure.ts";
import type { Measurement } from "../../../src/measure/measurement.ts";
import { options, pair, stream, tensor } from "./pairs.ts";

const of = async (reference: readonly number[], candidate: readonly number[]): Promise<Measurement> => {
  const { measurements } = await measure(stream(pair({ reference: tensor("t", reference), candidate: tensor("t", candidate) })), options);
  const [first] = measurements;
  if (!first) throw new Error("nothing was measured");
  return first;
};

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

describe("values that have no ordinary figure", () => {
  const cases: readonly [
    string,
    readonly number[],
    readonly number[],
    { sqnrDb: number; cosine: number; maxAbs: number; fault?: string },
  ][] = [
    ["identical tensors are infinitely good", [1, -2], [1, -2], { sqnrDb: inf, cosine: 1, maxAbs: 0 }],
    ["two all-zero tensors are identical", [0, 0], [0, -0], { sqnrDb: inf, cosine: 1, maxAbs: 0 }],
    ["an all-zero reference makes any error infinite", [0, 0], [0, 3], { sqnrDb: -inf, cosine: 0, maxAbs: 3 }],
    ["an all-zero candidate has no direction", [0, 3], [0, 0], { sqnrDb: 0, cosine: 0, maxAbs: 3 }],
    ["NaN in the candidate only is its fault", [1, 2], [1, nan], { sqnrDb: nan, cosine: nan, maxAbs: inf, fault: "nonfinite-candidate" }],
    ["Inf in the candidate only is its fault", [1, 2], [1, -inf], { sqnrDb: nan, cosine: nan, maxAbs: inf, fault: "nonfinite-candidate" }],
    [
      "NaN in the reference only makes nothing measurable",
      [1, nan],
      [1, 2],
      { sqnrDb: nan, cosine: nan, maxAbs: nan, fault: "nonfinite-reference" },
    ],
    ["NaN on both sides, in different places", [1, nan], [nan, 2], { sqnrDb: nan, cosine: nan, maxAbs: nan, fault: "nonfinite-both" }],
    ["the same NaN on both sides is not equality", [1, nan], [1, nan], { sqnrDb: nan, cosine: nan, maxAbs: nan, fault: "nonfinite-both" }],
    ["the same Inf on both sides is not equality", [1, inf], [1, inf], { sqnrDb: nan, cosine: nan, maxAbs: nan, fault: "nonfinite-both" }],
    ["an empty tensor has no figure", [], [], { sqnrDb: nan, cosine: nan, maxAbs: nan, fault: "empty" }],
  ];
  test.each(cases)("%s", async (_, reference, candidate, { fault, ...wanted }) => {
    const measurement = await of(reference, candidate);
    expect(measurement.metrics).toMatchObject(wanted);
    expect(measurement.fault).toBe(fault);
  });

  test("squares that underflow to zero do not read as identical", async () => {
    const { metrics } = await of([1e-200], [2e-200]);
    expect(metrics.sqnrDb).toBeNaN();
    expect(metrics.exactMatch).toBe(0);
  });

  test("a difference that overflows float64 is never good", async () => {
    const { metrics } = await of([1.7e308], [-1.7e308]);
    expect(metrics.maxAbs).toBe(inf);
    expect(metrics.sqnrDb).toBeNaN();
  });

  test("a zero reference value does not make the mean relative error infinite", async () => {
    const { metrics } = await of([0, 2], [1, 2]);
    expect(metrics.maxRel).toBe(2 ** 52);
    expect(metrics.meanRel).toBe(2 ** 51);
  });
});
