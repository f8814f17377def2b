import { describe, expect, test } from "vitest";
import { parseCache, writeCache } from "../../../src/calibration/cache.ts";
import { type CalibrateRequest, calibrate } from "../../../src/calibration/calibrate.ts";
import type { Tensor } from "../../../src/model/tensor.ts";

const float = (name: string, values: readonly number[]): Tensor => ({
  name,
  dtype: "float32",
  shape: [values.length],
  data: Float32Array.from(values),
});

async function* samplesOf(samples: readonly (readonly number[])[]): AsyncGenerator<ReadonlyMap<string, Tensor>> {
  for (const values of samples) yield new Map([["a", float("a", values)]]);
}

const run = (samples: readonly (readonly number[])[], parts: Partial<CalibrateRequest> = {}) =>
  calibrate({ algorithm: "minmax", percentile: 99.999, tensors: ["a"], passes: () => samplesOf(samples), ...parts });

describe("calibrating", () => {
  test("by min-max takes the largest magnitude of all samples, over 127", async () => {
    const { scales, samples } = await run([
      [1, -3],
      [2, 0],
    ]);
    expect(scales.get("a")).toBe(Math.fround(3 / 127));
    expect(samples).toBe(2);
  });

  test("gives scales that a cache holds without a change", async () => {
    for (const algorithm of ["entropy", "minmax", "percentile"] as const) {
      const { scales } = await run(
        [
          [0.1, 0.7, -0.33],
          [1.1, 0.2, 0.9],
        ],
        { algorithm },
      );
      expect([...parseCache(writeCache({ version: "8601", algorithm: "EntropyCalibration2", scales }), "c").scales]).toEqual([...scales]);
    }
  });

  test("by percentile and by entropy clips what is rare", async () => {
    const values = Array.from({ length: 5_000 }, (_, i) => Math.sin(i));
    const data = [values, [...values, 50]];
    for (const algorithm of ["percentile", "entropy"] as const) {
      const amax = ((await run(data, { algorithm, percentile: 99.9 })).scales.get("a") ?? Number.NaN) * 127;
      expect(amax, algorithm).toBeLessThan(10);
      expect(amax, algorithm).toBeGreaterThan(0.9);
    }
  });

  test("gives a tensor that is always zero no scale, and says so", async () => {
    const { scales, allZero } = await run([[0, 0]], { algorithm: "entropy" });
    expect({ size: scales.size, allZero }).toEqual({ size: 0, allZero: ["a"] });
  });

  test("names tensor and sample of a NaN or an infinite value", async () => {
    await expect(run([[1], [Number.NaN]])).rejects.toThrow('Tensor "a" holds NaN in calibration sample 1.');
    await expect(run([[Number.NEGATIVE_INFINITY]])).rejects.toThrow('Tensor "a" holds an infinite value in calibration sample 0.');
  });

  test("refuses a sample without the tensor, and no samples at all", async () => {
    await expect(run([[1]], { tensors: ["a", "b"] })).rejects.toThrow('Sample 0 gave no values for tensor "b".');
    await expect(run([])).rejects.toThrow("no samples");
  });

  test("reads the samples once", async () => {
    const passes: unknown[] = [];
    const data = [[1], [2], [3]];
    const onePass = () => {
      passes.push(data);
      return samplesOf(data);
    };
    await run(data, { algorithm: "entropy", passes: onePass });
    expect(passes).toEqual([data]);
  });

  test("shows how much the scales still moved each time the samples doubled", async () => {
    const { convergence } = await run([[1], [2], [2], [2], [3]]);
    expect(convergence).toEqual([
      { samples: 2, medianChange: 1, worstChange: 1 },
      { samples: 4, medianChange: 0, worstChange: 0 },
      { samples: 5, medianChange: expect.closeTo(0.5, 6), worstChange: expect.closeTo(0.5, 6) },
    ]);
  });

  test("takes integer activations as numbers", async () => {
    async function* integers() {
      yield new Map<string, Tensor>([["a", { name: "a", dtype: "int64", shape: [1], data: BigInt64Array.of(-254n) }]]);
    }
    expect((await run([], { passes: integers })).scales.get("a")).toBe(2);
  });
});
