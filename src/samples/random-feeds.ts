/**
 * Seeded random samples: the same seed gives the same values on every machine, and sample i does not depend on how many are asked for.
 * No substitute for real data; good for comparing two ways of running the same model.
 */
import { ConfigError } from "../effects/failure.ts";
import type { FeedSource } from "../model/job.ts";
import { type DType, elementCount, type Tensor, type TensorData } from "../model/tensor.ts";
import type { ModelInput } from "./model-input.ts";

export interface RandomSpec {
  readonly seed: number;
  readonly samples: number;
  readonly low: number;
  /** Not reached, except that integers include it where `low` equals it. */
  readonly high: number;
}

/** Throws ConfigError for a range that is empty, not finite or outside an integer input's type, and for no samples. */
export function randomFeeds(spec: RandomSpec, inputs: readonly ModelInput[], maxSamples: number): FeedSource {
  const problems = [...checkSpec(spec), ...inputs.flatMap((input) => checkRange(spec, input))];
  if (problems.length > 0) throw new ConfigError(problems);
  const count = Math.min(spec.samples, maxSamples);
  return {
    description: `${count} random ${count === 1 ? "sample" : "samples"} in ${spec.low}..${spec.high}, seed ${spec.seed}`,
    count,
    feed: async (sample) => new Map(inputs.map((input, i) => [input.name, randomTensor(spec, input, sample * 1009 + i)])),
    close: async () => {},
  };
}

function checkSpec({ seed, samples, low, high }: RandomSpec): string[] {
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

function checkRange({ low, high }: RandomSpec, { name, dtype }: ModelInput): string[] {
  const [least, most] = integerRanges[dtype] ?? [low, high];
  const fits = low >= least && high <= most + 1;
  return fits ? [] : [`the random range ${low} to ${high} does not fit input "${name}" of type ${dtype}. Stay within ${least} to ${most}.`];
}

function randomTensor({ seed, low, high }: RandomSpec, input: ModelInput, stream: number): Tensor {
  const next = uniform(seed, stream);
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

/** Uniform in [0, 1) with 24 bits, exact in float32: mulberry32 over a seed mixed with the stream's number. */
function uniform(seed: number, stream: number): () => number {
  let state = (Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(stream + 1, 0xc2b2ae35)) | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 8) / 2 ** 24;
  };
}
