/**
 * Cases without a network, whose truth is known because they are made: what hides in a pooled figure, and outputs recorded from TensorRT engines. Judged by the
 * gate's own measuring and judging; each draw makes other samples of the same kind.
 */
import { fileURLToPath } from "node:url";
import { measure } from "../../src/measure/measure.ts";
import { seededRandom } from "../../src/measure/random.ts";
import type { TensorPair } from "../../src/model/engine.ts";
import type { OutputForm, PartMap } from "../../src/model/output-form.ts";
import type { Tensor } from "../../src/model/tensor.ts";
import { openFeeds } from "../../src/samples/feeds.ts";
import { runEffects } from "../fakes/run-effects.ts";
import { type Judged, judgeFigures } from "./judge.ts";
import type { Label } from "./labels.ts";

type Random = () => number;
type Values = Float32Array | Int32Array;
type Pair = readonly [reference: Values, candidate: Values];

interface Constructed {
  readonly name: string;
  readonly label: Label;
  /** Of every sample the same length. */
  readonly sample: (random: Random, index: number) => Pair;
  readonly form?: OutputForm;
  readonly tolerance?: string;
  /** Where there are no others than these. */
  readonly samples?: number;
}

const length = 60;

/** Box and Muller. */
const normal = (random: Random): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/** Values of this size with an error of this SQNR. */
function noisy(random: Random, sqnrDb: number, size = 1): Pair {
  const reference = Float32Array.from({ length }, () => size * normal(random));
  const error = size * 10 ** (-sqnrDb / 20);
  return [reference, reference.map((value) => value + error * normal(random))];
}

/** Two samples of three are silent in the reference, and in the candidate. */
const silent = (): Pair => [new Float32Array(length), new Float32Array(length)];

/** Class numbers of 50 by which this share differs. */
function classes(random: Random, wrong: number): Pair {
  const reference = Int32Array.from({ length: 200 }, () => Math.floor(random() * 50));
  return [reference, reference.map((value) => (random() < wrong ? (value + 1) % 50 : value))];
}

/** Rows of four box coordinates in pixels and one score. */
const boxes: PartMap = {
  shape: [1, length / 5, 5],
  labels: Uint8Array.from({ length }, (_, i) => (i % 5 === 4 ? 2 : 1)),
  parts: [
    { name: "boxes", where: "[:, :, 0:4]" },
    { name: "scores", where: "[:, :, 4:5]", score: { kind: "sigmoid", node: "" } },
  ],
};
function detections(random: Random, scoreOf: (score: number) => number): Pair {
  const reference = Float32Array.from({ length }, (_, i) => (i % 5 === 4 ? random() ** 4 : 640 * random()));
  return [reference, reference.map((value, i) => (i % 5 === 4 ? scoreOf(value) : value * (1 + 0.002 * normal(random))))];
}

const recorded = fileURLToPath(new URL("../fixtures/tensorrt-8.6.1-h100/engine_outputs.npz", import.meta.url));

/** Probabilities of the recorded classifier's FP16 and INT8 engines over its eight validation samples: SQNR 19.3 dB by the record's README. */
async function recordedOutputs(): Promise<readonly Pair[]> {
  const effects = await runEffects();
  const input = (name: string) => ({ name, dtype: "float32", shape: [1, 2] }) as const;
  const source = await openFeeds({ kind: "data", path: recorded }, [input("fp16"), input("int8")], effects);
  const pairs: Pair[] = [];
  for (let i = 0; i < source.count; i++) {
    const feed = await source.feed(i);
    pairs.push([valuesOf(feed.get("fp16")), valuesOf(feed.get("int8"))]);
  }
  await source.close();
  await effects.end();
  return pairs;
}

function valuesOf(tensor: Tensor | undefined): Float32Array {
  if (!(tensor?.data instanceof Float32Array)) throw new TypeError("The recorded outputs are float32.");
  return tensor.data;
}

const engines = await recordedOutputs();
const recordedEngine = (limitDb: number, label: Label): Constructed => ({
  name: `recorded engine at ${limitDb} dB`,
  label,
  sample: (_, index) => engines[index] ?? silent(),
  tolerance: `tolerance: {sqnr-db: {fail: ${limitDb}}}`,
  samples: engines.length,
});

const of20dB = "tolerance: {sqnr-db: {fail: 20}}";
export const constructed: readonly Constructed[] = [
  { name: "an error of 30 dB", label: "good", sample: (random) => noisy(random, 30) },
  { name: "one sample in ten worse, all together within", label: "good", sample: (random) => noisy(random, random() < 0.1 ? 19 : 30) },
  // Of samples that differ with a deviation of 2 dB, all together have 0.5 dB less than their mean.
  {
    name: "1.5 dB within, samples that differ",
    label: "good",
    sample: (random) => noisy(random, 22 + 2 * normal(random)),
    tolerance: of20dB,
  },
  {
    name: "1.5 dB beyond, samples that differ",
    label: "bad",
    sample: (random) => noisy(random, 19 + 2 * normal(random)),
    tolerance: of20dB,
  },
  { name: "a third of the samples silent", label: "good", sample: (random, index) => (index % 3 === 0 ? silent() : noisy(random, 30)) },
  {
    name: "one loud sample hides the others",
    label: "bad",
    sample: (random, index) => (index % 12 === 0 ? noisy(random, 40, 100) : noisy(random, 6)),
  },
  {
    name: "boxes right, scores right",
    label: "good",
    sample: (random) => detections(random, (score) => score * 0.995),
    form: { parts: boxes },
  },
  { name: "boxes right, scores lost", label: "bad", sample: (random) => detections(random, () => 0), form: { parts: boxes } },
  { name: "class numbers right", label: "good", sample: (random) => classes(random, 0.002), form: { values: "index" } },
  { name: "class numbers wrong", label: "bad", sample: (random) => classes(random, 0.03), form: { values: "index" } },
  recordedEngine(25, "bad"),
  recordedEngine(15, "good"),
];

/** Every constructed case on samples that this draw makes. */
export async function judgeConstructed(draw: number, samples: number): Promise<Judged[]> {
  const verdicts: Judged[] = [];
  for (const [i, one] of constructed.entries())
    verdicts.push(await judgeOne(one, { seed: 1000 * i + draw, samples: one.samples ?? samples }));
  return verdicts;
}

async function judgeOne(one: Constructed, { seed, samples }: { readonly seed: number; readonly samples: number }): Promise<Judged> {
  const { name, label, sample, form = {}, tolerance = "" } = one;
  const random = seededRandom(seed);
  const pairs = Array.from({ length: samples }, (_, index) => pairOf(index, sample(random, index), form));
  const measured = await measure(streamOf(pairs), { topK: 5, atol: 1e-5, rtol: 1e-5, forms: new Map([["y", form]]), seed });
  return { name, model: "constructed", label, ...judgeFigures(measured, ["y"], tolerance) };
}

function pairOf(sample: number, [reference, candidate]: Pair, { parts }: OutputForm): TensorPair {
  const shape = parts?.shape ?? [1, reference.length];
  const tensor = (data: Values): Tensor => ({
    name: "y",
    dtype: data instanceof Float32Array ? "float32" : "int32",
    shape: [...shape],
    data,
  });
  return { sample, tensor: "y", role: "output", reference: tensor(reference), candidate: tensor(candidate) };
}

async function* streamOf(pairs: readonly TensorPair[]): AsyncGenerator<TensorPair> {
  yield* pairs;
}
