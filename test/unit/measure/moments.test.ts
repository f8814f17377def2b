import { expect, test } from "vitest";
import { accumulate } from "../../../src/measure/accumulate.ts";
import { summarize } from "../../../src/measure/moments.ts";
import { emptySums } from "../../../src/measure/sums.ts";

test("keeps a small spread around a large mean", () => {
  const values = Float64Array.from({ length: 9_000 }, (_, i) => 1e8 + (i % 2));
  const sums = emptySums();
  accumulate(sums, values, values, values.length, { atol: 0, rtol: 0 });
  const { mean, std, min, max } = summarize(sums.reference);
  expect(std).toBeCloseTo(0.5, 9);
  expect({ mean, min, max }).toEqual({ mean: 1e8 + 0.5, min: 1e8, max: 1e8 + 1 });
});

test("summarises finite values only", () => {
  const sums = emptySums();
  accumulate(sums, Float64Array.of(Number.NaN, 1, 3), Float64Array.of(0, 1, 3), 3, { atol: 0, rtol: 0 });
  expect(summarize(sums.reference)).toEqual({ min: 1, max: 3, mean: 2, std: 1 });
});

test("summarises nothing as not a number", () => {
  expect(Object.values(summarize(emptySums().reference))).toEqual([Number.NaN, Number.NaN, Number.NaN, Number.NaN]);
});
