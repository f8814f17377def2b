/** Right values: numpy's own `histogram` over the final range, for values that are given sample by sample in growing size. */
import { describe, expect, it } from "vitest";
import { addSides, emptyValueHistogram } from "../../../src/measure/value-histogram.ts";

/** `numpy.histogram(values, bins=64, range=(-8, 8))[0]` of [-7.5, -0.1, 0, 0.1, 1.9, 3, 7.9], as bin: count. */
const byNumpy = new Map([
  [2, 1],
  [31, 1],
  [32, 2],
  [39, 1],
  [44, 1],
  [63, 1],
]);

describe("values of a layer", () => {
  it("lie in the bins that numpy counts, whatever order made the range grow", () => {
    const histogram = emptyValueHistogram(undefined);
    addSides(histogram, Float32Array.of(0, 1), Float32Array.of(1, 1));
    const grown = emptyValueHistogram(undefined);
    addSides(grown, Float32Array.of(-0.1, 0, 0.1), Float32Array.of(1, 1, 1));
    addSides(grown, Float32Array.of(1.9, 3), Float32Array.of(1, 1));
    addSides(grown, Float32Array.of(-7.5, 7.9), Float32Array.of(1, 1));
    expect(grown.range).toBe(8);
    expect(new Map([...grown.reference.entries()].filter(([, count]) => count > 0))).toEqual(byNumpy);
    expect(histogram.range).toBe(1);
  });

  it("count as saturated beyond the clip line only, and without NaN and infinities", () => {
    const histogram = emptyValueHistogram(2);
    addSides(histogram, Float32Array.of(2, -2.5, 3, Number.NaN, Number.POSITIVE_INFINITY), new Float32Array(5));
    expect([histogram.saturated, histogram.count, histogram.range]).toEqual([2, 3, 3]);
  });

  it("are nowhere where all are zero", () => {
    const histogram = emptyValueHistogram(1);
    addSides(histogram, new Float32Array(3), new Float32Array(3));
    expect(histogram.range).toBe(0);
    expect(histogram.saturated).toBe(0);
  });
});
