/** Right values: numpy's own `histogram` over the final range, for values that are given sample by sample in growing size. */
import { describe, expect, it } from "vitest";
import { accumulate } from "../../../src/measure/accumulate.ts";
import { emptySums } from "../../../src/measure/sums.ts";
import { addSides, emptyValueHistogram, type ValueHistogram } from "../../../src/measure/value-histogram.ts";

/** As measuring does: the sums of the sample come first. */
function add(histogram: ValueHistogram, reference: Float32Array, candidate: Float32Array): void {
  const sums = emptySums();
  accumulate(sums, reference, candidate, reference.length, { atol: 0, rtol: 0 });
  addSides(histogram, reference, candidate, sums);
}

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
    add(histogram, Float32Array.of(0, 1), Float32Array.of(1, 1));
    const grown = emptyValueHistogram(undefined);
    add(grown, Float32Array.of(-0.1, 0, 0.1), Float32Array.of(1, 1, 1));
    add(grown, Float32Array.of(1.9, 3), Float32Array.of(1, 1));
    add(grown, Float32Array.of(-7.5, 7.9), Float32Array.of(1, 1));
    expect(grown.range).toBe(8);
    expect(new Map([...grown.reference.entries()].filter(([, count]) => count > 0))).toEqual(byNumpy);
    expect(histogram.range).toBe(1);
  });

  it("count as saturated beyond the clip line only, and without NaN and infinities", () => {
    const histogram = emptyValueHistogram({ low: -2, high: 2 });
    add(histogram, Float32Array.of(2, -2.5, 3, Number.NaN, Number.POSITIVE_INFINITY), new Float32Array(5));
    expect([histogram.saturated, histogram.count, histogram.range]).toEqual([2, 3, 3]);
  });

  it("count as saturated beyond either end of a range, and never beyond one that is infinite", () => {
    const saturated = (low: number, high: number) => {
      const histogram = emptyValueHistogram({ low, high });
      add(histogram, Float32Array.of(-3, -1, 0, 1, 2.5, 3), new Float32Array(6));
      return histogram.saturated;
    };
    expect([saturated(-1, 2), saturated(Number.NEGATIVE_INFINITY, 2), saturated(0, 3), saturated(-4, 4)]).toEqual([3, 2, 2, 0]);
  });

  it("reach as far as the largest finite value, also where its partner is none", () => {
    const histogram = emptyValueHistogram(undefined);
    add(histogram, Float32Array.of(1, -8, Number.NaN, 8), Float32Array.of(1, Number.NaN, 4, 8));
    expect(histogram.range).toBe(8);
    // The whole range belongs to the last bin, as numpy counts.
    expect([histogram.reference[0], histogram.reference[63], histogram.candidate[48], histogram.candidate[63]]).toEqual([1, 1, 1, 1]);
    expect(histogram.count).toBe(3);
  });

  it("are nowhere where all are zero", () => {
    const histogram = emptyValueHistogram({ low: -1, high: 1 });
    add(histogram, new Float32Array(3), new Float32Array(3));
    expect(histogram.range).toBe(0);
    expect(histogram.saturated).toBe(0);
  });
});
