import { describe, expect, it } from "vitest";
import { ConfigError } from "../../../src/effects/failure.ts";
import type { FeedSource } from "../../../src/model/job.ts";
import { refuseConstant } from "../../../src/samples/constant-data.ts";

/** One feed a row, each with the inputs a and b. */
const source = (rows: readonly (readonly [number[], number[]])[]): FeedSource => ({
  description: "data/x.npz",
  count: rows.length,
  feed: async (index) => {
    const [a = [], b = []] = rows[index] ?? [];
    const tensor = (name: string, values: number[]) =>
      [name, { name, dtype: "float32", shape: [values.length], data: Float32Array.from(values) }] as const;
    return new Map([tensor("a", a), tensor("b", b)]);
  },
  close: async () => {},
});

describe("samples of one value", () => {
  it("are refused with file, values and count", async () => {
    const zeros = source([
      [[0, 0], [1]],
      [[0, 0], [1]],
    ]);
    await expect(refuseConstant(zeros, "calibration")).rejects.toThrow(ConfigError);
    await expect(refuseConstant(zeros, "calibration")).rejects.toThrow(
      /data\/x\.npz hold one value throughout \(a = 0, b = 1, 2 samples\)/,
    );
  });

  it.each([
    [
      "one input varies within a sample",
      [
        [
          [0, 0],
          [1, 2],
        ],
      ],
    ],
    [
      "one input varies from sample to sample",
      [
        [[0, 0], [1]],
        [[0, 0], [2]],
      ],
    ],
    ["a NaN is for the measurement to say", [[[Number.NaN, 1], [1]]]],
    ["a single number cannot vary", [[[3], []]]],
  ] satisfies [string, [number[], number[]][]][])("are not what this is: %s", async (_, rows) => {
    await expect(refuseConstant(source(rows), "validation")).resolves.toBeUndefined();
  });
});
