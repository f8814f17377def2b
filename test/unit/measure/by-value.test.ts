/** Figures by value are numpy's: `((r == k) & (c == k)).sum()` and `((r == k) | (c == k)).sum()` of the arrays that the formulas make. */
import { describe, expect, test } from "vitest";
import { measure } from "../../../src/measure/measure.ts";
import type { TensorData } from "../../../src/model/tensor.ts";
import { options, pair, stream, typed } from "./pairs.ts";

const of = (count: number, value: (i: number) => number): Int32Array => Int32Array.from({ length: count }, (_, i) => value(i));

async function worstOf(reference: TensorData, candidate: TensorData) {
  const pairs = stream(pair({ reference: typed("int32", reference), candidate: typed("int32", candidate) }));
  const { measurements } = await measure(pairs, options);
  return measurements[0];
}

describe("the value on which two sides agree least", () => {
  test("is the rare one of a mask, though nearly all entries are equal", async () => {
    const mask = await worstOf(
      of(12000, (i) => (i % 200 === 0 ? 1 : 0)),
      of(12000, (i) => (i % 600 === 0 ? 1 : 0)),
    );
    expect(mask?.metrics.agreement).toBeCloseTo(0.996667, 6);
    expect(mask?.worstValue).toEqual({ value: 1, both: 20, either: 60, agreement: 20 / 60, of: 2 });
  });

  test("is found among classes, and over samples together", async () => {
    const reference = (i: number): number => i % 7;
    const candidate = (i: number): number => (i % 14 === 3 ? 2 : i % 7);
    const halves = [0, 6000].map((start, sample) =>
      pair({
        sample,
        reference: typed(
          "int32",
          of(6000, (i) => reference(start + i)),
        ),
        candidate: typed(
          "int32",
          of(6000, (i) => candidate(start + i)),
        ),
      }),
    );
    const { measurements } = await measure(stream(...halves), options);
    expect(measurements[0]?.worstValue).toMatchObject({ value: 3, both: 857, either: 1714, of: 7 });
  });

  test("is not told of few entries, of tokens, or of quantities", async () => {
    const few = await worstOf(
      of(1000, (i) => (i % 50 === 0 ? 1 : 0)),
      of(1000, () => 0),
    );
    // None of its twenty entries is found again: that is told, of seven it would be chance.
    expect(few?.worstValue).toMatchObject({ value: 1, both: 0, either: 20 });
    const fewer = await worstOf(
      of(1050, (i) => (i % 150 === 0 ? 1 : 0)),
      of(1050, () => 0),
    );
    expect(fewer?.worstValue).toMatchObject({ value: 0, both: 1043, either: 1050 });
    const halved = await worstOf(
      of(1000, (i) => (i % 50 === 0 ? 1 : 0)),
      of(1000, (i) => (i % 100 === 0 ? 1 : 0)),
    );
    expect(halved?.worstValue).toMatchObject({ value: 0 });
    const tokens = await worstOf(
      of(12000, (i) => i % 300),
      of(12000, () => 0),
    );
    expect(tokens?.worstValue).toBeUndefined();
    const floats = pair({ reference: typed("float32", new Float32Array(100)), candidate: typed("float32", new Float32Array(100)) });
    expect((await measure(stream(floats), options)).measurements[0]?.worstValue).toBeUndefined();
  });
});
