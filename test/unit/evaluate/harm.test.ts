import { describe, expect, it } from "vitest";
import { harmSink } from "../../../src/evaluate/harm.ts";
import type { Harm, TaskKind } from "../../../src/measure/harm/task-harm.ts";
import type { OutputForm } from "../../../src/model/output-form.ts";
import type { Tensor } from "../../../src/model/tensor.ts";

const float = (name: string, shape: readonly number[], values: readonly number[]): Tensor => ({
  name,
  dtype: "float32",
  shape,
  data: Float32Array.from(values),
});

/** One pair of tensors a name and sample. */
async function harmOf(
  samples: readonly (readonly (readonly [Tensor, Tensor])[])[],
  forms: Readonly<Record<string, OutputForm>>,
  kind?: TaskKind,
): Promise<readonly Harm[]> {
  const { sink, found } = harmSink(new Map(Object.entries(forms)), kind);
  for (const [sample, pairs] of samples.entries())
    for (const [reference, candidate] of pairs) await sink.take({ sample, tensor: reference.name, role: "output", reference, candidate });
  await sink.end();
  return found();
}

const softmax: OutputForm = { score: { kind: "softmax", axis: 1, node: "p" } };

describe("harm to a classifier", () => {
  const rows = (reference: readonly number[], candidate: readonly number[]) => [
    [float("p", [1, 3], reference), float("p", [1, 3], candidate)] as const,
  ];

  it("names the samples whose best class flipped, with both classes", async () => {
    const samples = [
      rows([0.7, 0.2, 0.1], [0.6, 0.3, 0.1]),
      rows([0.2, 0.5, 0.3], [0.2, 0.3, 0.5]),
      rows([0.1, 0.1, 0.8], [0.5, 0.1, 0.4]),
    ];
    const [harm] = await harmOf(samples, { p: softmax });
    expect(harm).toMatchObject({
      kind: "classification",
      output: "p",
      flipped: [
        { sample: 1, from: 1, to: 2 },
        { sample: 2, from: 2, to: 0 },
      ],
    });
    expect(harm?.message).toContain("33.3 % of 3 decisions; it flipped in sample 1 (1 to 2), sample 2 (2 to 0).");
  });

  it("names five flipped samples in its sentence, and all of them apart", async () => {
    const samples = Array.from({ length: 8 }, () => rows([0.7, 0.2, 0.1], [0.2, 0.7, 0.1]));
    const [harm] = await harmOf(samples, { p: softmax });
    expect(harm?.message).toMatch(/in sample 0 \(0 to 1\),.* sample 4 \(0 to 1\), and 3 more\.$/);
    expect(harm).toMatchObject({ flipped: samples.map((_, sample) => ({ sample, from: 0, to: 1 })) });
  });

  it("is not looked for in a vector that may be anything, unless the task is named", async () => {
    expect(await harmOf([rows([1, 2, 3], [3, 2, 1])], {})).toEqual([]);
    expect(await harmOf([rows([1, 2, 3], [3, 2, 1])], {}, "classification")).toHaveLength(1);
  });
});

it("harm to class maps is the intersection over union of each class", async () => {
  // Reference 0 0 1 1, candidate 0 1 1 1: class 0 has 1 of 2, class 1 has 2 of 3.
  const map = (best: readonly number[]) => float("m", [1, 2, 2, 2], [...best.map((label) => 1 - label), ...best]);
  const [harm] = await harmOf([[[map([0, 0, 1, 1]), map([0, 1, 1, 1])]]], { m: softmax });
  expect(harm).toMatchObject({
    kind: "segmentation",
    meanIou: expect.closeTo((1 / 2 + 2 / 3) / 2, 12),
    classes: [
      { label: 0, iou: 0.5 },
      { label: 1, iou: expect.closeTo(2 / 3, 12) },
    ],
  });
  const ids = (values: readonly number[]): Tensor => ({
    name: "m",
    dtype: "int64",
    shape: [1, 2, 2],
    data: BigInt64Array.from(values, BigInt),
  });
  const [same] = await harmOf([[[ids([0, 0, 1, 1]), ids([0, 1, 1, 1])]]], { m: { values: "index" } });
  expect(same?.meanIou).toBe(harm?.meanIou);
});

describe("harm to a detector", () => {
  /** Two places: middle, size and one score each, as columns or as rows. */
  const boxes = [
    [10, 10, 4, 4],
    [30, 30, 10, 10],
  ];
  const columns = (all: readonly (readonly number[])[]) =>
    float(
      "o",
      [1, 5, 2],
      [0, 1, 2, 3, 4].flatMap((row) => all.map((place) => place[row] ?? 0)),
    );
  const rows = (all: readonly (readonly number[])[]) => float("o", [1, 2, 5], all.flat());
  const part = (name: string, isSigmoid: boolean) => ({
    name,
    where: "",
    ...(isSigmoid ? { score: { kind: "sigmoid" as const, node: "" } } : {}),
  });
  const parts = [part("box", false), part("score", true)];
  const byColumn: OutputForm = { parts: { shape: [1, 5, 2], labels: Uint8Array.of(1, 1, 1, 1, 1, 1, 1, 1, 2, 2), parts } };
  const byRow: OutputForm = { parts: { shape: [1, 2, 5], labels: Uint8Array.of(1, 1, 1, 1, 2, 1, 1, 1, 1, 2), parts } };
  const withScores = (scores: readonly number[], shift = 0) =>
    boxes.map((box, i) => [...box.map((value, at) => (at === 0 ? value + shift : value)), scores[i] ?? 0]);

  it("counts boxes over the threshold on one side only and the overlap of those on both", async () => {
    for (const [form, arranged] of [
      [byColumn, columns],
      [byRow, rows],
    ] as const) {
      const [harm] = await harmOf([[[arranged(withScores([0.9, 0.8])), arranged(withScores([0.9, 0.1], 1))]]], { o: form });
      // Boxes of 4 x 4, one shifted by 1: 12 of 20.
      expect(harm?.boxes).toEqual({ reference: 2, candidate: 1, both: 1, meanIou: expect.closeTo(12 / 20, 9) });
      expect(harm?.message).toBe(
        "Of 2 boxes that score over 0.25 in the reference 1 is lost, 0 are new; mean IoU of the 1 on both sides 60 %.",
      );
    }
  });

  it("is found in two outputs as well", async () => {
    const box = (shift: number) => float("b", [1, 2, 4], [0 + shift, 0, 4 + shift, 4, 5, 5, 9, 9]);
    const score = (values: readonly number[]) => float("s", [1, 2, 1], values);
    const [harm] = await harmOf(
      [
        [
          [box(0), box(0)],
          [score([0.9, 0.1]), score([0.9, 0.6])],
        ],
      ],
      { s: { score: { kind: "sigmoid", node: "s" } } },
    );
    expect(harm).toMatchObject({ kind: "detection", output: "b", boxes: { reference: 1, candidate: 2, both: 1, meanIou: 1 } });
  });
});
