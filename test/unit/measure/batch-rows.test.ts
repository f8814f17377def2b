import { expect, test } from "vitest";
import { measure } from "../../../src/measure/measure.ts";
import { options, pair, stream, tensor } from "./pairs.ts";

const rowsOf = (sample: number) => ({ first: 2 * sample, count: 2 });
const sides = (reference: readonly number[], candidate: readonly number[], shape: readonly number[]) => ({
  reference: tensor("t", reference, shape),
  candidate: tensor("t", candidate, shape),
});
/** Row 0 is off by a tenth (20 dB), row 1 is lost (error as large as the values: 0 dB), row 3 is silent. */
const loudAndLost = (shape: readonly number[]) =>
  stream(
    pair({ sample: 0, ...sides([300, 400, 0.3, 0.4], [330, 440, 0, 0], shape) }),
    pair({ sample: 1, ...sides([3, 4, 0, 0], [3.3, 4.4, 0, 0], shape) }),
  );

test("each row of a batch is a sample by itself, and the figures over all stay as they were", async () => {
  const [byRow] = (await measure(loudAndLost([2, 2]), { ...options, rowsOf })).measurements;
  const [byFeed] = (await measure(loudAndLost([2, 2]), options)).measurements;
  expect(byRow?.perSample?.map(({ sample, isSilent }) => [sample, isSilent])).toEqual([
    [0, false],
    [1, false],
    [2, false],
    [3, true],
  ]);
  const [loud, lost, plain] = byRow?.perSample ?? [];
  expect(loud?.metrics.sqnrDb).toBeCloseTo(20, 9);
  expect(lost?.metrics.sqnrDb).toBeCloseTo(0, 9);
  expect(plain?.metrics.sqnrDb).toBeCloseTo(20, 9);
  expect([loud?.metrics.top1Agreement, lost?.metrics.top1Agreement]).toEqual([1, 0]);
  expect(byFeed?.perSample?.map(({ sample }) => sample)).toEqual([0, 1]);
  const whole = { perSample: 0, perFeed: 0, interval: 0, variation: 0 };
  expect({ ...byRow, ...whole }).toEqual({ ...byFeed, ...whole });
  expect(byRow?.interval?.("sqnrDb")).toEqual(byFeed?.interval?.("sqnrDb"));
});

test("an output whose first axis is not the batch is looked at by feed", async () => {
  const [measurement] = (await measure(loudAndLost([4]), { ...options, rowsOf })).measurements;
  expect(measurement?.perSample?.map(({ sample }) => sample)).toEqual([0, 1]);
  // 10 log10((300² + 400² + 0.3² + 0.4²) / (30² + 40² + 0.3² + 0.4²))
  expect(measurement?.perSample?.[0]?.metrics.sqnrDb).toBeCloseTo(10 * Math.log10(250000.25 / 2500.25), 9);
});

test("a sample of one row after larger batches is numbered among the rows", async () => {
  const after = (sample: number) => (sample === 0 ? { first: 0, count: 2 } : { first: 2, count: 1 });
  const pairs = stream(pair({ sample: 0, ...sides([1, 1], [1, 1], [2, 1]) }), pair({ sample: 1, ...sides([1], [1], [1, 1]) }));
  const [measurement] = (await measure(pairs, { ...options, rowsOf: after })).measurements;
  expect(measurement?.perSample?.map(({ sample }) => sample)).toEqual([0, 1, 2]);
});
