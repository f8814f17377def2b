import { describe, expect, test } from "vitest";
import { measure } from "../../../src/measure/measure.ts";
import { scoresOf } from "../../../src/measure/score.ts";
import type { OutputForm } from "../../../src/model/output-form.ts";
import { options, pair, stream, tensor } from "./pairs.ts";

const softmax = (logits: readonly number[]): number[] => {
  const powers = logits.map(Math.exp);
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
};
const centred = (values: readonly number[]): number[] => {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return values.map((value) => value - mean);
};
const node = "n";

describe("scores of probability outputs", () => {
  test("of a softmax are its centred logits", () => {
    const logits = [1.5, -0.5, 2, 0];
    const { values, clamped } = scoresOf(Float64Array.from(softmax(logits)), [1, 4], { kind: "softmax", axis: 1, node });
    for (const [i, wanted] of centred(logits).entries()) expect(values[i]).toBeCloseTo(wanted, 12);
    expect(clamped).toBe(0);
  });

  test("of a log-softmax are the same", () => {
    const logits = [1, 2, -1];
    const { values } = scoresOf(Float64Array.from(softmax(logits), Math.log), [3], { kind: "logsoftmax", axis: 0, node });
    for (const [i, wanted] of centred(logits).entries()) expect(values[i]).toBeCloseTo(wanted, 12);
  });

  test("are centred along the operator's own axis", () => {
    const first = softmax([1, 3]);
    const second = softmax([0, -2]);
    const interleaved = [first[0] ?? 0, second[0] ?? 0, first[1] ?? 0, second[1] ?? 0];
    const { values } = scoresOf(Float64Array.from(interleaved), [1, 2, 2], { kind: "softmax", axis: 1, node });
    expect([...values].map((value) => Number(value.toFixed(9)))).toEqual([-1, 1, 1, -1]);
  });

  test("of a sigmoid are its logits", () => {
    const { values } = scoresOf(
      Float64Array.from([-3, 0, 2], (x) => 1 / (1 + Math.exp(-x))),
      [3],
      { kind: "sigmoid", node },
    );
    expect([...values].map((value) => Number(value.toFixed(9)))).toEqual([-3, 0, 2]);
  });

  test("are clamped at FP16's smallest normal number, and the clamped ones counted", () => {
    const { values, clamped } = scoresOf(Float64Array.of(0, 1, 0.5), [3], { kind: "sigmoid", node });
    expect(clamped).toBe(2);
    expect(values[0]).toBe(Math.log(2 ** -14 / (1 - 2 ** -14)));
    expect(values[1]).toBeCloseTo(-(values[0] ?? 0), 9);
  });

  test("keep NaN as NaN", () => {
    expect(scoresOf(Float64Array.of(Number.NaN), [1], { kind: "sigmoid", node }).values[0]).toBeNaN();
  });
});

test("saturated probabilities pass where their score is far off, and both are measured", async () => {
  const forms = new Map<string, OutputForm>([["t", { score: { kind: "softmax", axis: 1, node } }]]);
  const pairs = stream(pair({ reference: tensor("t", softmax([6, 0]), [1, 2]), candidate: tensor("t", softmax([8, 0]), [1, 2]) }));
  const [measurement] = (await measure(pairs, { ...options, forms })).measurements;
  expect(measurement?.metrics.sqnrDb).toBeGreaterThan(50);
  expect(measurement?.score?.metrics.sqnrDb).toBeCloseTo(20 * Math.log10(3), 6);
  expect(measurement?.score).toMatchObject({ kind: "softmax", clampedShare: 0 });
});

test("the clamped share counts values of both sides", async () => {
  const forms = new Map<string, OutputForm>([["t", { score: { kind: "sigmoid", node } }]]);
  const pairs = stream(pair({ reference: tensor("t", [0, 0.5]), candidate: tensor("t", [0.5, 0.5]) }));
  expect((await measure(pairs, { ...options, forms })).measurements[0]?.score?.clampedShare).toBe(0.25);
});
