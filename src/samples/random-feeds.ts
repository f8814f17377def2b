/**
 * Seeded random samples: the same seed gives the same values on every machine, and sample i does not depend on how many are asked for.
 * No substitute for real data; good for comparing two ways of running the same model.
 */

import { ConfigError } from "../effects/failure.ts";
import { seededRandom } from "../measure/random.ts";
import type { FeedSource } from "../model/job.ts";
import { type DType, elementCount, type Tensor, type TensorData } from "../model/tensor.ts";
import type { InputValues } from "../onnx/input-values.ts";
import type { ModelInput } from "./model-input.ts";

export interface RandomSpec {
  readonly seed: number;
  readonly samples: number;
  /** A range that is given holds for every input; without one each input gets values that make sense for it, quantities 0 to 1. */
  readonly low?: number | undefined;
  /** Not reached, except that integers include it where `low` equals it. */
  readonly high?: number | undefined;
}

interface Range {
  readonly low: number;
  readonly high: number;
}

/** Throws ConfigError for a range that is empty, not finite or outside an integer input's type, and for no samples. */
export function randomFeeds(spec: RandomSpec, inputs: readonly ModelInput[], maxSamples: number): FeedSource {
  const { seed, samples, low = 0, high = 1 } = spec;
  const range = { low, high };
  const isGiven = spec.low !== undefined || spec.high !== undefined;
  const special = isGiven
    ? new Map<string, InputValues>()
    : new Map(inputs.flatMap(({ name, values }) => (values ? [[name, values]] : [])));
  const problems = [
    ...checkSpec({ seed, samples, ...range }),
    ...inputs.filter(({ name }) => !special.has(name)).flatMap((input) => checkRange(range, input)),
  ];
  if (problems.length > 0) throw new ConfigError(problems);
  const count = Math.min(samples, maxSamples);
  const words = [...special].map(([name, values]) => `; ${name}: ${wordsOf(values)}`).join("");
  const tensor = (input: ModelInput, stream: number): Tensor => {
    const values = special.get(input.name);
    return values === undefined || values.kind === "below"
      ? randomTensor(values === undefined ? range : { low: 0, high: values.limit }, input, uniform(seed, stream))
      : fixedTensor(values, input);
  };
  return {
    description: `${count} random ${count === 1 ? "sample" : "samples"} in ${low}..${high}, seed ${seed}${words}`,
    count,
    isMadeUp: () => true,
    feed: async (sample) => new Map(inputs.map((input, i) => [input.name, tensor(input, sample * 1009 + i)])),
    close: async () => {},
  };
}

const wordsOf = (values: InputValues): string =>
  values.kind === "below" ? `0 to ${values.limit - 1}` : values.kind === "constant" ? `always ${values.value}` : "0, 1, 2 …";

function checkSpec({ seed, samples, low, high }: Pick<RandomSpec, "seed" | "samples"> & Range): string[] {
  const problems: string[] = [];
  if (!Number.isSafeInteger(samples) || samples < 1) problems.push(`random samples is ${samples}. Ask for at least 1.`);
  if (!Number.isSafeInteger(seed)) problems.push(`the seed is ${seed}. Use an integer.`);
  if (!(Number.isFinite(low) && Number.isFinite(high) && low <= high))
    problems.push(`the random range is ${low} to ${high}. Give a smaller and a larger finite number.`);
  return problems;
}

const integerRanges: Readonly<Partial<Record<DType, readonly [number, number]>>> = {
  int8: [-128, 127],
  int16: [-32_768, 32_767],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  int64: [-(2 ** 53), 2 ** 53],
  uint8: [0, 255],
  uint16: [0, 65_535],
  uint32: [0, 2 ** 32 - 1],
  uint64: [0, 2 ** 53],
};

function checkRange({ low, high }: Range, { name, dtype }: ModelInput): string[] {
  const [least, most] = integerRanges[dtype] ?? [low, high];
  const fits = low >= least && high <= most + 1;
  return fits ? [] : [`the random range ${low} to ${high} does not fit input "${name}" of type ${dtype}. Stay within ${least} to ${most}.`];
}

/** The same in every sample. */
function fixedTensor(values: Exclude<InputValues, { kind: "below" }>, { name, dtype, shape }: ModelInput): Tensor {
  const last = shape.at(-1) ?? 1;
  let place = 0;
  const next = values.kind === "constant" ? () => values.value : () => place++ % last;
  return { name, dtype, shape, data: fill(dtype, elementCount(shape), next, next, next) };
}

function randomTensor({ low, high }: Range, input: ModelInput, next: () => number): Tensor {
  const count = elementCount(input.shape);
  const float = () => low + next() * (high - low);
  const whole = () => Math.floor(float());
  return {
    name: input.name,
    dtype: input.dtype,
    shape: input.shape,
    data: fill(input.dtype, count, float, whole, () => (next() < 0.5 ? 0 : 1)),
  };
}

function fill(dtype: DType, count: number, float: () => number, whole: () => number, coin: () => number): TensorData {
  const length = { length: count };
  switch (dtype) {
    case "float64":
      return Float64Array.from(length, float);
    case "float32":
    case "float16":
      return Float32Array.from(length, float);
    case "int8":
      return Int8Array.from(length, whole);
    case "int16":
      return Int16Array.from(length, whole);
    case "int32":
      return Int32Array.from(length, whole);
    case "int64":
      return BigInt64Array.from(length, () => BigInt(whole()));
    case "uint8":
      return Uint8Array.from(length, whole);
    case "uint16":
      return Uint16Array.from(length, whole);
    case "uint32":
      return Uint32Array.from(length, whole);
    case "uint64":
      return BigUint64Array.from(length, () => BigInt(whole()));
    case "bool":
      return Uint8Array.from(length, coin);
  }
}

/** Uniform in [0, 1) with 24 bits, exact in float32, over a seed mixed with the stream's number. */
function uniform(seed: number, stream: number): () => number {
  const random = seededRandom(Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(stream + 1, 0xc2b2ae35));
  return () => Math.floor(random() * 2 ** 24) / 2 ** 24;
}
