/**
 * Measures a stream of tensor pairs: one pass, one pair in memory at a time.
 * Says how far apart the sides are and what was compared; judges nothing.
 */
import type { TensorPair } from "../model/engine.ts";
import type { ScoreSource } from "../model/lane.ts";
import { sameShape, type Tensor } from "../model/tensor.ts";
import { accumulate, type Closeness } from "./accumulate.ts";
import { accumulateAgreement } from "./agreement.ts";
import { CoverageCount } from "./coverage.ts";
import type { Coverage, Measurement } from "./measurement.ts";
import { pairOfNumbers } from "./numbers.ts";
import { scoresOf } from "./score.ts";
import { emptySums, type Sums } from "./sums.ts";
import { type MeasurementOptions, type TensorSums, toMeasurement } from "./tensor-sums.ts";

export interface MeasureOptions extends MeasurementOptions, Closeness {
  readonly topK: number;
  /** How a probability output came about, by tensor name. */
  readonly scores?: ReadonlyMap<string, ScoreSource>;
  /** Dimensions of the outputs as the model declares them, where both sides are this one model on the same inputs: a text is an open one. */
  readonly outputDims?: ReadonlyMap<string, readonly (number | string)[]>;
}

export interface Measured {
  /** In order of first appearance; an `injected` pair is a measurement of its own beside the layer of the same name. */
  readonly measurements: readonly Measurement[];
  readonly coverage: Coverage;
}

/** Tensors that only one side has are in `coverage` and have no measurement. An empty stream gives no measurements. */
export async function measure(pairs: AsyncIterable<TensorPair>, options: MeasureOptions): Promise<Measured> {
  const tensors = new Map<string, TensorSums>();
  const coverage = new CoverageCount();
  for await (const pair of pairs) {
    coverage.add(pair);
    if (pair.reference === undefined || pair.candidate === undefined) continue;
    const sums = entryOf(tensors, pair, options.scores?.get(pair.tensor));
    addPair(sums, pair.sample, pair.reference, pair.candidate, options);
  }
  const measured = [...tensors.values()];
  for (const tensor of measured) {
    const missing = coverage.missingSamples(tensor.tensor, tensor.role);
    if (missing !== undefined) tensor.fault ??= { kind: "unequal-samples", note: missing };
  }
  return { measurements: measured.map((tensor) => toMeasurement(tensor, options)), coverage: coverage.result() };
}

function entryOf(tensors: Map<string, TensorSums>, { tensor, role }: TensorPair, score: ScoreSource | undefined): TensorSums {
  const key = `${role} ${tensor}`;
  const known = tensors.get(key);
  if (known) return known;
  const scored = score !== undefined && role === "output";
  const entry: TensorSums = { tensor, role, samples: [], ...(scored ? { score: { kind: score.kind, samples: [], clamped: 0 } } : {}) };
  tensors.set(key, entry);
  return entry;
}

function addPair(entry: TensorSums, sample: number, reference: Tensor, candidate: Tensor, options: MeasureOptions): void {
  if (!sameShape(reference.shape, candidate.shape)) {
    const note = `reference is ${shapeText(reference)}, candidate ${shapeText(candidate)} in sample ${sample}`;
    const open = openDifference(reference.shape, candidate.shape, options.outputDims?.get(entry.tensor));
    entry.fault ??= open === undefined ? { kind: "shape-mismatch", note } : { kind: "data-dependent-size", note: `${note}; ${open}` };
    return;
  }
  if (reference.dtype !== candidate.dtype)
    entry.note ??= `reference is ${reference.dtype}, candidate ${candidate.dtype}; measured in float64`;
  const [r, c] = pairOfNumbers(reference.data, candidate.data);
  const sums = emptySums();
  accumulate(sums, r, c, r.length, options);
  if (entry.role === "output") accumulateAgreement(sums, r, c, reference.shape, options.topK);
  entry.samples.push({ sample, sums });
  const source = options.scores?.get(entry.tensor);
  if (entry.score && source)
    entry.score.clamped += addScore(
      entry.score.samples,
      scoresOf(r, reference.shape, source),
      scoresOf(c, candidate.shape, source),
      options,
    );
}

type Scores = ReturnType<typeof scoresOf>;

function addScore(samples: Sums[], reference: Scores, candidate: Scores, closeness: Closeness): number {
  const sums = emptySums();
  accumulate(sums, reference.values, candidate.values, reference.values.length, closeness);
  samples.push(sums);
  return reference.clamped + candidate.clamped;
}

/** Undefined unless the sizes differ in open dimensions alone: then the values decide how large the output is. */
function openDifference(a: readonly number[], b: readonly number[], dims: readonly (number | string)[] | undefined): string | undefined {
  const differing = a.flatMap((size, axis) => (size === b[axis] ? [] : [axis]));
  if (dims === undefined || a.length !== b.length || a.length !== dims.length) return undefined;
  const names = differing.map((axis) => dims[axis]);
  if (!names.every((name) => typeof name === "string")) return undefined;
  const words = differing.map((axis) => (dims[axis] === "?" ? `dimension ${axis}` : `the dimension '${dims[axis]}'`));
  return `${words.join(" and ")} is open in the model`;
}

const shapeText = ({ shape }: Tensor): string => `[${shape.join(", ")}]`;
