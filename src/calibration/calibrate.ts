/**
 * From activations of calibration samples to scales. Streams: one sample's tensors at a time, one fixed histogram a tensor.
 * Runs no model; whoever does hands the activations in.
 */
import { ConfigError } from "../effects/failure.ts";
import type { Tensor } from "../model/tensor.ts";
import { type Algorithm, type Collector, makeCollector } from "./collector.ts";
import { type Checkpoint, type ConvergencePoint, convergenceOf, isCheckpoint } from "./convergence.ts";
import { largestMagnitude } from "./histogram.ts";

export interface CalibrateRequest {
  readonly algorithm: Algorithm;
  /** In percent (99.999); read by `percentile` alone. */
  readonly percentile: number;
  /** Tensors to calibrate. Each must be in every sample. */
  readonly tensors: readonly string[];
  /** Those of them that may do without: one that holds NaN, an infinite value or integers gets no scale. */
  readonly optional?: ReadonlySet<string> | undefined;
  /** One pass over all samples, in order: values by tensor name. Called once. */
  readonly passes: () => AsyncIterable<ReadonlyMap<string, Tensor>>;
}

export interface CalibrationResult {
  readonly algorithm: Algorithm;
  /** amax / 127 by tensor, in the order of `tensors`. A tensor that was always zero has none. */
  readonly scales: ReadonlyMap<string, number>;
  readonly samples: number;
  /** Tensors without a scale because every value was zero. */
  readonly allZero: readonly string[];
  readonly convergence: readonly ConvergencePoint[];
}

/** Throws ConfigError for no sample, a missing tensor, a NaN or an infinite value: the tensor and the sample are named. */
export async function calibrate({ algorithm, percentile, tensors, optional, passes }: CalibrateRequest): Promise<CalibrationResult> {
  const collectors = new Map(tensors.map((name) => [name, makeCollector(algorithm, percentile)]));
  const checkpoints: Checkpoint[] = [];
  let samples = 0;
  for await (const values of passes()) {
    for (const [name, collector] of collectors) {
      if (optional?.has(name) && !isQuantity(values.get(name))) collectors.delete(name);
      else addTensor(collector, name, values.get(name), samples);
    }
    samples++;
    if (isCheckpoint(samples)) checkpoints.push({ samples, scales: scalesOf(collectors) });
  }
  if (samples === 0) throw new ConfigError("Calibration got no samples. Give at least one (500 are usual).");
  const scales = scalesOf(collectors);
  if (checkpoints.at(-1)?.samples !== samples) checkpoints.push({ samples, scales });
  return {
    algorithm,
    scales,
    samples,
    // An optional tensor that holds no quantities was collected no further: of that nothing is known.
    allZero: tensors.filter((name) => collectors.has(name) && !scales.has(name)),
    convergence: convergenceOf(checkpoints),
  };
}

const isQuantity = (tensor: Tensor | undefined): boolean =>
  (tensor?.data instanceof Float32Array || tensor?.data instanceof Float64Array) && Number.isFinite(largestMagnitude(tensor.data));

function addTensor(collector: Collector, name: string, tensor: Tensor | undefined, sample: number): void {
  if (tensor === undefined)
    throw new ConfigError(`Sample ${sample} gave no values for tensor "${name}". Check that the model makes it for every input.`);
  const { data } = tensor;
  const values = data instanceof BigInt64Array || data instanceof BigUint64Array ? Float64Array.from(data, Number) : data;
  const largest = largestMagnitude(values);
  if (!Number.isFinite(largest)) {
    const what = Number.isNaN(largest) ? "NaN" : "an infinite value";
    throw new ConfigError(
      `Tensor "${name}" holds ${what} in calibration sample ${sample}. Leave this sample out, or correct the model's own overflow.`,
    );
  }
  collector.add(values, largest);
}

/** Scales are float32 in a cache; they are rounded here, so that a written and read cache gives the same numbers. A scale that rounds to 0 is none. */
function scalesOf(collectors: ReadonlyMap<string, Collector>): Map<string, number> {
  return new Map(
    [...collectors]
      .map(([name, collector]): [string, number] => [name, Math.fround(collector.amax() / 127)])
      .filter(([, scale]) => scale > 0),
  );
}
