import { expect, it } from "vitest";
import { growthDb, isLargeDrop } from "../../../src/gate/base-drop.ts";

it.each([
  // Twice the error is 20 log10 2 = 6.02 dB; a hundredth of the signal is 40 dB.
  { metric: "sqnrDb", before: 36.2, now: 26.1, large: true },
  { metric: "sqnrDb", before: 32, now: 26, large: true },
  { metric: "sqnrDb", before: 31.9, now: 26, large: false },
  { metric: "sqnrDb", before: 60, now: 40, large: false },
  { metric: "sqnrDb", before: Number.POSITIVE_INFINITY, now: 39.9, large: true },
  { metric: "sqnrDb", before: 20, now: 30, large: false },
  { metric: "sqnrDb", before: Number.NaN, now: 20, large: false },
  { metric: "sqnrDb", before: 30, now: Number.NaN, large: false },
  { metric: "sqnrDb", before: 30, now: Number.NEGATIVE_INFINITY, large: true },
  { metric: "agreement", before: 1, now: 0.995, large: false },
  { metric: "agreement", before: 1, now: 0.98, large: true },
  { metric: "agreement", before: 0.99, now: 0.97, large: true },
  { metric: "agreement", before: 0.98, now: 0.97, large: false },
  { metric: "agreement", before: 1, now: Number.NaN, large: false },
] as const)("of $metric from $before to $now a drop is large: $large", ({ metric, before, now, large }) => {
  expect(isLargeDrop(metric, before, now)).toBe(large);
});

it("ranks drops of both metrics by how much the error grew", () => {
  expect(growthDb("sqnrDb", 36, 26)).toBe(10);
  expect(growthDb("sqnrDb", Number.POSITIVE_INFINITY, 26)).toBe(14);
  expect(growthDb("agreement", 1, 0.9)).toBeCloseTo(20, 10);
});
