/**
 * The sums of every case over a pool of samples, one sample at a time: inference once a case and sample, kept on disk. Verdicts on any samples of the pool
 * then come from the gate's own measuring and judging, in milliseconds.
 */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { deserialize, serialize } from "node:v8";
import { prepareSimulate } from "../../src/lanes/simulate/simulate.ts";
import { mergeValues } from "../../src/measure/by-value.ts";
import { mergeEntries } from "../../src/measure/entries.ts";
import { type Summed, sumUp } from "../../src/measure/measure.ts";
import type { TensorSums } from "../../src/measure/tensor-sums.ts";
import { mergeVariation } from "../../src/measure/variation.ts";
import type { FeedSource } from "../../src/model/job.ts";
import type { PreparedLane } from "../../src/model/lane.ts";
import { runEffects } from "../fakes/run-effects.ts";
import { cacheOf, firstOfDraw } from "./build.ts";
import { modelFile } from "./model-files.ts";
import type { LabelledModel } from "./models.ts";
import type { Quantization } from "./quantizations.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = join(root, "node_modules/.cache/verdict-pools");

export interface Pool {
  /** What judging asks of a lane. */
  readonly lane: Pick<PreparedLane, "outputs" | "outputDims" | "forms">;
  /** By place in the pool: the sums of this sample alone. */
  readonly samples: readonly Summed[];
}

/** Enough for twenty draws of 32 that share no sample; of models that take long, of which draws share some. */
const poolSizes: Readonly<Record<string, number>> = { nsfw: 160, recogniser: 160, detector: 320, direction: 320 };
const poolSize = 640;
export const drawSize = 32;

/** The samples that the first draws of `judgeDraw` take, in their order. */
export const poolNumbers = ({ name }: LabelledModel): number[] =>
  Array.from({ length: poolSizes[name] ?? poolSize }, (_, i) => firstOfDraw(Math.floor(i / drawSize)) + (i % drawSize));

/**
 * `numbers`: of the samples, as the model makes them. Other models, scales or samples make another file; `isFresh` runs again what the lane may now give
 * otherwise.
 */
export async function openPool(
  model: LabelledModel,
  quantization: Quantization,
  numbers: readonly number[],
  isFresh = false,
): Promise<Pool> {
  const hash = createHash("sha256")
    .update(JSON.stringify([model.name, model.shape, numbers]))
    .update(cacheOf(model, quantization));
  hash.update(readFileSync(modelFile(model))).update(readFileSync(new URL("./samples.ts", import.meta.url)));
  const path = join(folder, `${model.name}-${quantization.name}-${hash.digest("hex").slice(0, 16)}.bin`);
  if (!isFresh && existsSync(path)) return deserialize(readFileSync(path));
  const pool = await runPool(model, quantization, numbers);
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${path}.part`, serialize(pool));
  renameSync(`${path}.part`, path);
  return pool;
}

/** As the gate prepares it from a configuration that names the cache. */
async function runPool(model: LabelledModel, quantization: Quantization, numbers: readonly number[]): Promise<Pool> {
  const effects = await runEffects();
  try {
    const cachePath = join(effects.folder, "case.cache");
    await effects.files.writeText(cachePath, cacheOf(model, quantization));
    const lane = await prepareSimulate({
      name: model.name,
      modelPath: modelFile(model),
      quantization: { cachePath, algorithm: "entropy", percentile: 99.999 },
      validation: sourceOf(model, numbers),
      deadlineMs: Number.POSITIVE_INFINITY,
      effects,
      shapes: new Map([[model.input, { min: model.shape, opt: model.shape, max: model.shape }]]),
    });
    const { outputs, forms, outputDims } = lane;
    const options = { topK: 5, atol: 1e-5, rtol: 1e-5, forms, ...(outputDims ? { outputDims } : {}), seed: 0 };
    const engine = await lane.build({ keep: new Set() });
    const samples: Summed[] = [];
    for (let i = 0; i < numbers.length; i++) samples.push(await sumUp(engine.outputs([i]), options));
    await lane.close();
    return { lane: { outputs, forms, ...(outputDims ? { outputDims } : {}) }, samples };
  } finally {
    await effects.end();
  }
}

/** Made samples of a model, by their numbers. Each is made once: a picture takes as long as a run of a small model. */
export function sourceOf(model: LabelledModel, numbers: readonly number[]): FeedSource {
  return {
    description: `${numbers.length} made samples`,
    count: numbers.length,
    feed: async (index) => {
      const data = madeSample(model, numbers[index] ?? Number.NaN);
      const dtype = data instanceof Float32Array ? "float32" : "int32";
      return new Map([[model.input, { name: model.input, dtype, shape: model.shape, data }]]);
    },
    close: async () => {},
  };
}

const made = new Map<string, ReturnType<LabelledModel["sample"]>>();

function madeSample(model: LabelledModel, number: number) {
  const key = `${model.name} ${number}`;
  const data = made.get(key) ?? model.sample(number);
  made.set(key, data);
  return data;
}

/** What the gate would have summed up of these samples, numbered from 0 in this order. */
export function draw({ samples }: Pool, places: readonly number[]): Summed {
  const drawn = places.flatMap((place) => samples[place] ?? []);
  const [first] = drawn;
  if (first === undefined || drawn.length !== places.length) throw new RangeError("The pool does not hold these samples.");
  return { tensors: first.tensors.map((_, n) => joined(drawn.flatMap(({ tensors }) => tensors[n] ?? []))), coverage: first.coverage };
}

function joined(apart: readonly TensorSums[]): TensorSums {
  const [first] = apart;
  if (first === undefined) throw new RangeError("There is no tensor to join.");
  const renumbered = (of: (tensor: TensorSums) => TensorSums["samples"]) =>
    apart.flatMap((tensor, sample) => of(tensor).map(({ sums }) => ({ sample, sums })));
  const { score, parts, entries, byValue, variation } = structuredClone({
    score: first.score,
    parts: first.parts,
    entries: first.entries,
    byValue: first.byValue,
    variation: first.variation,
  });
  for (const { entries: more, byValue: values, variation: varied, parts: others } of apart.slice(1)) {
    if (entries && more) mergeEntries(entries, more);
    if (byValue && values) mergeValues(byValue, values);
    if (variation?.whole && varied?.whole) mergeVariation(variation.whole, varied.whole);
    for (const [n, part] of parts?.entries() ?? []) {
      const other = others?.[n]?.variation?.whole;
      if (part.variation?.whole && other) mergeVariation(part.variation.whole, other);
    }
  }
  return {
    ...first,
    samples: renumbered(({ samples }) => samples),
    ...(score ? { score: joinedScore(apart.flatMap((tensor) => tensor.score ?? [])) } : {}),
    ...(parts
      ? {
          parts: parts.map((part, n) => {
            const scores = apart.flatMap((tensor) => tensor.parts?.[n]?.score ?? []);
            return {
              ...part,
              samples: renumbered((tensor) => tensor.parts?.[n]?.samples ?? []),
              ...(scores.length > 0 ? { score: joinedScore(scores) } : {}),
            };
          }),
        }
      : {}),
    ...(entries ? { entries } : {}),
    ...(byValue ? { byValue } : {}),
    ...(variation ? { variation } : {}),
  };
}

type Score = NonNullable<TensorSums["score"]>;

function joinedScore(scores: readonly Score[]): Score {
  const variation = structuredClone(scores[0]?.variation);
  for (const { variation: more } of scores.slice(1)) if (variation?.whole && more?.whole) mergeVariation(variation.whole, more.whole);
  return {
    kind: scores[0]?.kind ?? "",
    samples: scores.flatMap(({ samples }) => samples),
    clamped: scores.reduce((sum, { clamped }) => sum + clamped, 0),
    ...(variation ? { variation } : {}),
  };
}
