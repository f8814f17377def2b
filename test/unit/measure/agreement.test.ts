import { expect, test } from "vitest";
import { measure } from "../../../src/measure/measure.ts";
import { options, pair, stream, tensor } from "./pairs.ts";

const metricsOf = async (
  reference: readonly number[],
  candidate: readonly number[],
  shape: readonly number[],
  role: "output" | "layer" = "output",
) => {
  const pairs = stream(pair({ reference: tensor("t", reference, shape), candidate: tensor("t", candidate, shape), role }));
  return (await measure(pairs, options)).measurements[0]?.metrics;
};

test("counts class vectors whose best class agrees, and those within the candidate's k best", async () => {
  const reference = [9, 1, 0, /**/ 1, 9, 0, /**/ 0, 1, 9];
  const candidate = [8, 2, 1, /**/ 9, 8, 0, /**/ 5, 4, 1];
  expect(await metricsOf(reference, candidate, [3, 3])).toMatchObject({ top1Agreement: 1 / 3, topkAgreement: 2 / 3 });
});

test("compares pixels over the channel axis of NCHW", async () => {
  const reference = [1, 1, 5, 0, /**/ 0, 2, 1, 1];
  const candidate = [1, 3, 4, 0, /**/ 0, 2, 1, 2];
  const metrics = await metricsOf(reference, candidate, [1, 2, 2, 2]);
  expect(metrics).toMatchObject({ argmaxAgreement: 0.75 });
  expect(metrics).not.toHaveProperty("top1Agreement");
});

test("gives a tie to the lowest index on both sides", async () => {
  expect(await metricsOf([1, 1], [2, 2], [1, 2])).toMatchObject({ top1Agreement: 1 });
});

test("has no agreement for a single class or channel, or a scalar", async () => {
  expect(await metricsOf([1, 2], [1, 2], [2, 1])).not.toHaveProperty("top1Agreement");
  expect(await metricsOf([1, 2], [1, 2], [1, 1, 1, 2])).not.toHaveProperty("argmaxAgreement");
  expect(await metricsOf([1], [1], [])).not.toHaveProperty("top1Agreement");
});

test("is not computed for layers", async () => {
  expect(await metricsOf([1, 2], [1, 2], [1, 2], "layer")).not.toHaveProperty("top1Agreement");
});
