import { describe, expect, it, test } from "vitest";
import { ConfigError } from "../../../src/effects/failure.ts";
import type { FeedSource } from "../../../src/model/job.ts";
import { fingerprinted, overlapOf, refuseNonFinite } from "../../../src/samples/fingerprints.ts";

/** Samples of one input; `reads` tells which were read. */
function source(samples: readonly (readonly number[])[], shape: readonly number[] = [1, 2]): FeedSource & { reads: number[] } {
  const reads: number[] = [];
  return {
    description: "data.npz",
    count: samples.length,
    feed: async (index) => {
      reads.push(index);
      return new Map([["x", { name: "x", dtype: "float32", shape, data: Float32Array.from(samples[index] ?? []) }]]);
    },
    close: async () => {},
    reads,
  };
}
const printsOf = (samples: readonly (readonly number[])[], shape?: readonly number[]) =>
  fingerprinted(source(samples, shape), "validation").fingerprints();
const problemsOf = async (run: () => Promise<unknown>): Promise<readonly string[]> => {
  const error = await run().catch((thrown: unknown) => thrown);
  return error instanceof ConfigError ? error.problems : [];
};

describe("samples by content", () => {
  it("are told apart by their numbers alone", async () => {
    expect(
      overlapOf(
        await printsOf([
          [1, 2],
          [1, 2],
          [2, 1],
        ]),
        [],
      ),
    ).toEqual({ samples: 3, distinct: 2, alsoInOther: undefined });
  });

  it("are found in another set, in whatever batches they lie there", async () => {
    const validation = await printsOf([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    const batches = await printsOf(
      [
        [0, 0, 3, 4],
        [1, 2, 9, 9],
      ],
      [2, 2],
    );
    expect(overlapOf(validation, [{ prints: batches }]).alsoInOther).toBe(2);
    expect(overlapOf(batches, [{ prints: validation }]).alsoInOther).toBe(0);
  });

  it("are read once, by whoever reads them first", async () => {
    const read = source([
      [1, 2],
      [3, 4],
    ]);
    const remembered = fingerprinted(read, "calibration");
    await remembered.feed(1);
    await remembered.fingerprints();
    expect(read.reads).toEqual([1, 0]);
    await remembered.fingerprints(1);
    expect(read.reads).toEqual([1, 0]);
  });
});

test("rows are numbered through all samples, as far as they were read", async () => {
  const remembered = fingerprinted(
    source(
      [
        [1, 2, 3],
        [4, 5, 6],
      ],
      [3, 1],
    ),
    "validation",
  );
  await remembered.feed(1);
  expect(remembered.rowsOf(1)).toBeUndefined();
  await remembered.feed(0);
  expect([remembered.rowsOf(1), remembered.rowsOf(0)]).toEqual([
    { first: 3, count: 3 },
    { first: 0, count: 3 },
  ]);
});

describe("samples that hold no numbers", () => {
  const faulty = [
    [1, 2],
    [Number.NaN, 1],
    [3, Number.POSITIVE_INFINITY],
    [Number.NaN, Number.NaN],
    [Number.NaN, 0],
  ];

  it("are refused with some of them named and all counted", async () => {
    expect(await problemsOf(() => refuseNonFinite(source(faulty), "validation"))).toEqual([
      'data.npz, sample 1: input "x" holds 1 NaN or infinite values, the first at index 0.',
      'data.npz, sample 2: input "x" holds 1 NaN or infinite values, the first at index 1.',
      'data.npz, sample 3: input "x" holds 2 NaN or infinite values, the first at index 0. 4 of 5 validation samples hold values that are no numbers; a model cannot be judged on them. Correct the samples, or leave them out.',
    ]);
    expect(await problemsOf(() => refuseNonFinite(source([[1, 2]]), "validation"))).toEqual([]);
  });

  it("are refused when they are read", async () => {
    const [problem] = await problemsOf(() => fingerprinted(source(faulty), "calibration").feed(2));
    expect(problem).toContain("sample 2");
  });
});
