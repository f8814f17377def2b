import { describe, expect, test } from "vitest";
import { measure } from "../../../src/measure/measure.ts";
import { seededRandom } from "../../../src/measure/random.ts";
import { options, pair, stream, tensor } from "./pairs.ts";

const spreadOf = async (errors: readonly number[], seed = 1, role: "output" | "layer" = "output") => {
  const pairs = errors.map((error, sample) =>
    pair({ sample, role, reference: tensor("t", [1, 2]), candidate: tensor("t", [1 + error, 2]) }),
  );
  return (await measure(stream(...pairs), { ...options, seed })).measurements[0]?.spread;
};

describe("the spread over samples", () => {
  test("is the same for the same seed and differs for another", async () => {
    const errors = [0.1, 0.2, 0.01, 0.3, 0.05];
    expect(await spreadOf(errors, 7)).toEqual(await spreadOf(errors, 7));
    expect((await spreadOf(errors, 7))?.sqnrDbSd).not.toBe((await spreadOf(errors, 8))?.sqnrDbSd);
  });

  test("is near zero for equal samples, and larger the more samples differ", async () => {
    expect((await spreadOf([0.1, 0.1, 0.1]))?.sqnrDbSd).toBeCloseTo(0, 9);
    const mild = (await spreadOf([0.1, 0.12, 0.09, 0.11]))?.sqnrDbSd ?? Number.NaN;
    const wild = (await spreadOf([0.1, 0.9, 0.01, 0.11]))?.sqnrDbSd ?? Number.NaN;
    expect(wild).toBeGreaterThan(3 * mild);
  });

  test("names the share of the error that the worst samples carry", async () => {
    expect(await spreadOf([3, 1, 1, 1, 2])).toMatchObject({ worstShare: 9 / 16, worst3Share: 14 / 16 });
  });

  test("is zero without any error", async () => {
    expect(await spreadOf([0, 0])).toEqual({ sqnrDbSd: 0, cosineSd: 0, worstShare: 0, worst3Share: 0 });
  });

  test("does not exist for one sample, nor for layers", async () => {
    expect(await spreadOf([0.1])).toBeUndefined();
    expect(await spreadOf([0.1, 0.2], 1, "layer")).toBeUndefined();
  });
});

test("the seeded random numbers fill [0, 1) evenly", () => {
  const random = seededRandom(42);
  const counts = new Array<number>(10).fill(0);
  for (let i = 0; i < 10_000; i++) {
    const bin = Math.floor(random() * 10);
    counts[bin] = (counts[bin] ?? Number.NaN) + 1;
  }
  for (const count of counts) expect(Math.abs(count - 1_000)).toBeLessThan(120);
});
