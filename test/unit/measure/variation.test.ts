/** What varies from sample to sample beside a constant that the model adds. Right values: numpy, by hand in each comment. */
import { describe, expect, it } from "vitest";
import { findingCaveats } from "../../../src/gate/caveats.ts";
import { judge } from "../../../src/gate/judge.ts";
import { measure } from "../../../src/measure/measure.ts";
import type { OutputForm, PartMap } from "../../../src/model/output-form.ts";
import { input } from "../gate/judging.ts";
import { options, pair, stream, tensor } from "./pairs.ts";

const predictions = [
  [1, -2, 0.5, 3],
  [2, 1, -1, -2],
  [0, 1.5, 2, -0.5],
];
const lost = [1, 0.25, 0.5, 0];
const anchors = [0, 1000, -2000, 3000];
type Sides = readonly [reference: readonly number[], candidate: readonly number[]];
const plus = (values: readonly number[], offset: readonly number[]) => values.map((value, i) => value + (offset[i] ?? 0));
const onAnchors = predictions.map((values): Sides => [plus(values, anchors), plus(lost, anchors)]);

const measured = async (samples: readonly Sides[], shape: readonly number[], more: Partial<typeof options> = {}) => {
  const pairs = samples.map(([r, c], sample) => pair({ sample, reference: tensor("t", r, shape), candidate: tensor("t", c, shape) }));
  return (await measure(stream(...pairs), { ...options, ...more })).measurements;
};
const caveatsOf = async (samples: readonly Sides[], shape: readonly number[], more: Partial<typeof options> = {}) =>
  findingCaveats(judge(input(await measured(samples, shape, more))).findings).filter(({ reason }) => reason === "variation-lost");

describe("a lost prediction beside what the model adds", () => {
  // ((ref - ref.mean(0)) ** 2).sum() * 3 / 2 over ((ref - cand) ** 2).sum()
  it("is told by what varies at each position", async () => {
    const [one] = await measured(onAnchors, [1, 4]);
    expect(one?.metrics.sqnrDb).toBeCloseTo(61.92871639691695, 9);
    expect(one?.variation?.sqnrDb).toBeCloseTo(1.744085971990805, 9);
    expect(await caveatsOf(onAnchors, [1, 4])).toEqual([
      {
        reason: "variation-lost",
        message: expect.stringContaining('"t" is mostly the same in each of 3 samples; without what is the same, it has SQNR 1.74 dB'),
      },
    ]);
  });

  it("is told by row where the samples came as a batch", async () => {
    const batch: Sides = [onAnchors.flatMap(([r]) => r), onAnchors.flatMap(([, c]) => c)];
    const [one] = await measured([batch], [3, 4], { rowsOf: () => ({ first: 0, count: 3 }) });
    expect(one?.variation?.sqnrDb).toBeCloseTo(1.744085971990805, 9);
  });

  it("is told where rows of one sample may be taken for samples: their anchors differ, and stay the same in every sample", async () => {
    const samples = onAnchors.map(([r, c]): Sides => [r, c]);
    const [one] = await measured(samples, [4, 1], { rowsOf: (sample) => ({ first: 4 * sample, count: 4 }) });
    expect(one?.variation?.sqnrDb).toBeCloseTo(1.744085971990805, 9);
  });

  it("is told beside a mask that changes with the sample: values equal on both sides and far larger than the rest", async () => {
    const masked = (values: readonly number[], at: number) => values.map((value, i) => (i === at ? -65504 : value));
    const samples = predictions.map((values, i): Sides => [masked(values, [0, 1, 3][i] ?? 0), masked(lost, [0, 1, 3][i] ?? 0)]);
    const [one] = await measured(samples, [1, 4]);
    expect(one?.metrics.sqnrDb).toBeCloseTo(86.92600598526926, 9);
    expect(one?.variation?.sqnrDb).toBeCloseTo(2.641849382564768, 9);
    expect(await caveatsOf(samples, [1, 4])).toHaveLength(1);
  });

  it("is told of the part that holds it", async () => {
    const scores = [3, -2, 4, -1];
    const samples = onAnchors.map(
      ([r, c]): Sides => [
        [...r, ...scores],
        [...c, ...plus(scores, [0.01, 0.01, -0.01, 0.01])],
      ],
    );
    const parts: PartMap = {
      shape: [1, 8],
      labels: Uint8Array.of(1, 1, 1, 1, 2, 2, 2, 2),
      parts: [
        { name: "boxes", where: "[:, 0:4]" },
        { name: "scores", where: "[:, 4:8]" },
      ],
    };
    const [caveat] = await caveatsOf(samples, [1, 8], { forms: new Map([["t", { parts }]]) });
    expect(caveat?.message).toContain('The part "scores" of "t" at [:, 4:8] is the same in all 3 samples');
    expect((await measured(samples, [1, 8], { forms: new Map([["t", { parts }]]) }))[0]?.parts?.[0]?.variation?.sqnrDb).toBeCloseTo(
      1.744,
      3,
    );
  });
});

describe("nothing is said", () => {
  it("where the prediction holds", async () => {
    const good = onAnchors.map(([r]): Sides => [r, r.map((value, i) => value + (i % 2 === 0 ? 0.02 : -0.02))]);
    expect(await caveatsOf(good, [1, 4])).toEqual([]);
  });

  it("where equal values are not far larger than the others: a map of zeros and ones is right where it is equal", async () => {
    const edges = [0.5, 0.4, 0.6].map(
      (edge, i): Sides => [
        [1, 0, i % 2, edge],
        [1, 0, i % 2, edge + 0.05],
      ],
    );
    expect(await caveatsOf(edges, [1, 4])).toEqual([]);
  });

  it("of samples that have other shapes, or of one alone", async () => {
    expect((await measured(onAnchors.slice(0, 1), [1, 4]))[0]?.variation).toBeUndefined();
    const [r, c] = onAnchors[0] ?? [[], []];
    const pairs = [
      pair({ sample: 0, reference: tensor("t", r, [1, 4]), candidate: tensor("t", c, [1, 4]) }),
      pair({ sample: 1, reference: tensor("t", r, [2, 2]), candidate: tensor("t", c, [2, 2]) }),
    ];
    expect((await measure(stream(...pairs), options)).measurements[0]?.variation).toBeUndefined();
  });
});

it("is not looked for where nobody reads what only warns", async () => {
  const [one] = await measured(onAnchors, [1, 4], { withWarnings: false });
  expect([one?.variation, one?.entries, one?.countedEntries]).toEqual([undefined, undefined, undefined]);
  expect(one?.metrics.sqnrDb).toBeCloseTo(61.92871639691695, 9);
});

describe("probabilities", () => {
  const softmax = (logits: readonly number[]) => {
    const powers = logits.map(Math.exp);
    return powers.map((power) => power / powers.reduce((a, b) => a + b, 0));
  };
  const sigmoid = (logits: readonly number[]) => logits.map((value) => 1 / (1 + Math.exp(-value)));
  const of = (score: OutputForm["score"] & {}) => ({ forms: new Map<string, OutputForm>([["t", { score }]]) });
  const softmaxForm = of({ kind: "softmax", axis: 1, node: "n" });
  const logits = [
    [0.06, -0.02, -0.05, 0.03],
    [-0.03, 0.05, 0.02, -0.04],
    [0.01, -0.06, 0.04, 0.05],
  ];
  const flat = [0, 0, 0, 0];

  // numpy, p and c = 1/4 or 1/2 throughout: the same formula as above, of p and of its score.
  it.each([
    ["softmax", softmax, softmaxForm, 27.814793104517783, 1.5282327796820228, 1.516488025880213],
    ["sigmoid", sigmoid, of({ kind: "sigmoid", node: "n" }), 33.69906803908937, 1.455290488008165, 1.4552526739007754],
  ] as const)(
    "that are nearly the same in all samples, of a %s, lose their variation as any output does",
    async (_, link, form, whole, varied, scored) => {
      const samples = logits.map((values): Sides => [link(values), link(flat)]);
      const [one] = await measured(samples, [1, 4], form);
      expect(one?.metrics.sqnrDb).toBeCloseTo(whole, 9);
      expect(one?.variation?.sqnrDb).toBeCloseTo(varied, 9);
      expect(one?.score?.variation?.sqnrDb).toBeCloseTo(scored, 9);
      expect(await caveatsOf(samples, [1, 4], form)).toHaveLength(1);
      const [finding] = judge(input([...(await measured(samples, [1, 4], form))])).findings.filter(({ of: what }) => what === "score");
      expect(finding?.message).toMatch(/they lie between 0\.\d+ and 0\.\d+, and what they share hides error/);
    },
  );

  it("that are sure of one class in all samples keep it where the score does: numpy 4.367 dB of p, 13.0998 dB of the score", async () => {
    const sure = [
      [9, 0, 1],
      [7, 1, 0],
      [4, 0, 0.5],
      [8, 1.5, 0],
    ];
    const errors = [
      [0.3, 0, 0],
      [-0.2, 0.1, 0],
      [0.9, 0, 0],
      [0.2, 0, 0.1],
    ];
    const samples = sure.map((values, i): Sides => [softmax(values), softmax(plus(values, errors[i] ?? []))]);
    const [one] = await measured(samples, [1, 3], softmaxForm);
    expect(one?.metrics.sqnrDb).toBeCloseTo(35.451472766667145, 8);
    expect(one?.variation?.sqnrDb).toBeCloseTo(4.367024467982684, 8);
    expect(one?.score?.variation?.sqnrDb).toBeCloseTo(13.099848383169066, 8);
    expect(await caveatsOf(samples, [1, 3], softmaxForm)).toEqual([]);
  });

  // numpy: sum of squares 0.9994; the score has 18.25 dB and its variation -15.35 dB, then 5.09 and -28.51 dB.
  it.each([
    [[1, -1, 1, -1], 0],
    [[-4.5, -4.6, -4.5, -4.6], 1],
  ])("that stay as sure of the same classes keep it, unless the score is off by half and more: errors %j", async (errors, caveats) => {
    const samples = [8, 8.2, 8.4, 8.1].map((logit, i): Sides => [softmax([logit, 0]), softmax([logit + (errors[i] ?? 0), 0])]);
    expect(await caveatsOf(samples, [1, 2], softmaxForm)).toHaveLength(caveats);
  });
});
