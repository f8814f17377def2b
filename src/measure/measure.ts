/**
 * Measures a stream of tensor pairs: one pass, one pair in memory at a time.
 * Says how far apart the sides are and what was compared; judges nothing.
 */
import type { TensorPair } from "../model/engine.ts";
import type { HeldRange } from "../model/held-range.ts";
import type { OutputForm, OutputPart } from "../model/output-form.ts";
import { type BatchRows, type DType, isFloat, isQuantizedAgainstFloat, sameShape, type Tensor } from "../model/tensor.ts";
import { accumulate, type Closeness, type Numbers } from "./accumulate.ts";
import { accumulateAgreement } from "./agreement.ts";
import { addValues } from "./by-value.ts";
import { CoverageCount } from "./coverage.ts";
import { addEntries, emptyEntries, mergeEntries } from "./entries.ts";
import type { Coverage, Measurement } from "./measurement.ts";
import type { ValueKind } from "./metrics.ts";
import { pairOfNumbers } from "./numbers.ts";
import { mapFor, type PartPlaces, placesOf, valuesAt } from "./parts.ts";
import { partScoresOf, scoresOf } from "./score.ts";
import { emptySums, type Sums } from "./sums.ts";
import { type MeasurementOptions, type PartSums, type SampleSums, type ScoreSums, type TensorSums, toMeasurement } from "./tensor-sums.ts";
import { addSides, emptyValueHistogram } from "./value-histogram.ts";
import { addVariation, emptyVariation } from "./variation.ts";

export interface MeasureOptions extends MeasurementOptions, Closeness {
  readonly topK: number;
  /** What the quantiser or scale of a layer's tensor holds, by the tensor's name. */
  readonly held?: ReadonlyMap<string, HeldRange>;
  /** What the graph tells of the outputs, by tensor name. */
  readonly forms?: ReadonlyMap<string, OutputForm> | undefined;
  /** Dimensions of the outputs as the model declares them, where both sides are this one model on the same inputs: a text is an open one. */
  readonly outputDims?: ReadonlyMap<string, readonly (number | string)[]> | undefined;
  /** False where nobody reads what only warns (entries along an axis, what varies): a probe of a search. */
  readonly withWarnings?: boolean;
  /** The rows of the batch that all inputs of a sample are, where they are one: an output of as many rows is looked at row by row. */
  readonly rowsOf?: ((sample: number) => BatchRows | undefined) | undefined;
}

export interface Measured {
  /** In order of first appearance; an `injected` pair is a measurement of its own beside the layer of the same name. */
  readonly measurements: readonly Measurement[];
  readonly coverage: Coverage;
}

/** Tensors that only one side has are in `coverage` and have no measurement. An empty stream gives no measurements. */
export async function measure(pairs: AsyncIterable<TensorPair>, options: MeasureOptions): Promise<Measured> {
  const { tensors, coverage } = await sumUp(pairs, options);
  return { measurements: tensors.map((tensor) => toMeasurement(tensor, options)), coverage };
}

export interface Summed {
  readonly tensors: readonly TensorSums[];
  readonly coverage: Coverage;
}

/** The sums that the measurements come from: what is left of a stream when its tensors are gone. */
export async function sumUp(pairs: AsyncIterable<TensorPair>, options: MeasureOptions): Promise<Summed> {
  const tensors = new Map<string, TensorSums>();
  const coverage = new CoverageCount();
  for await (const pair of pairs) {
    coverage.add(pair);
    if (pair.reference === undefined || pair.candidate === undefined) continue;
    addPair(entryOf(tensors, pair, options), pair.sample, pair.reference, pair.candidate, options);
  }
  const measured = [...tensors.values()];
  for (const tensor of measured) {
    const missing = coverage.missingSamples(tensor.tensor, tensor.role);
    if (missing !== undefined) tensor.fault ??= { kind: "unequal-samples", note: missing };
  }
  return { tensors: measured, coverage: coverage.result() };
}

function entryOf(tensors: Map<string, TensorSums>, { tensor, role, reference }: TensorPair, { forms }: MeasureOptions): TensorSums {
  const key = `${role} ${tensor}`;
  const known = tensors.get(key);
  if (known) return known;
  const form = role === "output" ? (forms?.get(tensor) ?? {}) : undefined;
  const kind = form && (form.values ?? kindOf(reference?.dtype));
  const entry: TensorSums = {
    tensor,
    role,
    samples: [],
    form,
    kind,
    ...(form?.score ? { score: { kind: form.score.kind, samples: [], clamped: 0 } } : {}),
  };
  tensors.set(key, entry);
  return entry;
}

/** Whole numbers and truth values name something, unless the graph knows better. */
const kindOf = (dtype: DType | undefined): ValueKind => (dtype === undefined || isFloat(dtype) ? "quantity" : "index");

function addPair(entry: TensorSums, sample: number, reference: Tensor, candidate: Tensor, options: MeasureOptions): void {
  if (!sameShape(reference.shape, candidate.shape)) {
    const note = `reference is ${shapeText(reference)}, candidate ${shapeText(candidate)} in sample ${sample}`;
    const open = openDifference(reference.shape, candidate.shape, options.outputDims?.get(entry.tensor)) ?? sizeWords(entry.form);
    entry.fault ??= open === undefined ? { kind: "shape-mismatch", note } : { kind: "data-dependent-size", note: `${note}; ${open}` };
    return;
  }
  if (isQuantizedAgainstFloat(reference.dtype, candidate.dtype)) {
    entry.fault ??= { kind: "type-mismatch", note: `reference is ${reference.dtype}, candidate ${candidate.dtype}` };
    return;
  }
  if (reference.dtype !== candidate.dtype)
    entry.note ??= `reference is ${reference.dtype}, candidate ${candidate.dtype}; measured in float64`;
  const [r, c] = pairOfNumbers(reference.data, candidate.data);
  const sums = emptySums();
  accumulate(sums, r, c, r.length, options);
  const values = { sample, r, c, shape: reference.shape };
  const rows = entry.role === "output" ? rowsIn(values, sums, options) : undefined;
  entry.samples.push({ sample, sums, ...(rows ? { rows } : {}) });
  if (entry.role === "layer") {
    entry.values ??= emptyValueHistogram(options.held?.get(entry.tensor));
    addSides(entry.values, r, c, sums);
  }
  if (entry.role !== "output") return;
  accumulateAgreement(sums, r, c, reference.shape, options.topK);
  const source = entry.form?.score;
  const count = Math.max(1, rows?.length ?? 1);
  const varies = entry.kind === "index" ? undefined : { shape: reference.shape, rows: count };
  if (entry.score && source)
    addScore(entry.score, scoresOf(r, reference.shape, source), scoresOf(c, candidate.shape, source), varies, options);
  if (options.withWarnings !== false && varies) addVaried(entry, r, c, varies);
  addParts(entry, values, count, options);
}

interface Values {
  readonly sample: number;
  readonly r: Numbers;
  readonly c: Numbers;
  readonly shape: readonly number[];
}

/**
 * Each row of a batch counts as a sample of its own; an output whose first axis is not the batch, and one of a single row, as a whole. Undefined where
 * no batch is known.
 */
function rowsIn({ sample, r, c, shape }: Values, whole: Sums, options: MeasureOptions): SampleSums[] | undefined {
  const batch = options.rowsOf?.(sample);
  if (batch === undefined) return undefined;
  const { first, count } = batch;
  if (count < 2) return [{ sample: first, sums: whole }];
  if (shape[0] !== count) return undefined;
  const length = r.length / count;
  const rowShape = [1, ...shape.slice(1)];
  return Array.from({ length: count }, (_, row) => {
    const [from, to] = [row * length, (row + 1) * length];
    const [reference, candidate] = [r.subarray(from, to), c.subarray(from, to)];
    const sums = emptySums();
    accumulate(sums, reference, candidate, length, options);
    accumulateAgreement(sums, reference, candidate, rowShape, options.topK);
    return { sample: first + row, sums };
  });
}

/** By part where the graph shows some, else by entry along an axis; names by value. */
function addParts(entry: TensorSums, { sample, r, c, shape }: Values, rows: number, options: MeasureOptions): void {
  const places = partPlaces(entry, shape);
  for (const { part, places: at } of places ?? []) {
    const sums = emptySums();
    const [reference, candidate] = [valuesAt(r, at), valuesAt(c, at)];
    accumulate(sums, reference, candidate, at.length, options);
    const own = partSums(entry, part);
    own.samples.push({ sample, sums });
    const apart = at.length % rows === 0 ? rows : 1;
    const varies = own.kind === "index" ? undefined : { shape: [apart, at.length / apart], rows: apart };
    if (options.withWarnings !== false && varies) addVaried(own, reference, candidate, varies);
    if (own.score && part.score) {
      const where = { places: at, shape };
      addScore(own.score, partScoresOf(reference, where, part.score), partScoresOf(candidate, where, part.score), varies, options);
    }
  }
  if (entry.kind === "index") {
    entry.byValue ??= new Map();
    addValues(entry.byValue, r, c);
  }
  if (options.withWarnings !== false && entry.kind !== "index" && places === undefined) addEntryValues(entry, r, c, shape);
}

/** How the values of a sample lie: `rows` of a batch may be samples themselves. */
interface Layout {
  readonly shape: readonly number[];
  readonly rows: number;
}

/** Of whole samples, and of the rows of a batch where all samples may be one batch. */
function addVaried(to: Pick<TensorSums, "variation">, r: Numbers, c: Numbers, { shape, rows }: Layout): void {
  to.variation ??= {};
  to.variation.whole ??= emptyVariation(shape);
  addVariation(to.variation.whole, r, c, shape);
  if (rows < 2) return;
  const rowShape = [1, ...shape.slice(1)];
  to.variation.byRow ??= emptyVariation(rowShape);
  const length = r.length / rows;
  for (let row = 0; row < rows; row++) {
    const [from, end] = [row * length, (row + 1) * length];
    addVariation(to.variation.byRow, r.subarray(from, end), c.subarray(from, end), rowShape);
  }
}

/** Kept for each shape: an output of open dimensions may change its shape from sample to sample. */
function partPlaces(entry: TensorSums, shape: readonly number[]): readonly PartPlaces[] | undefined {
  const { parts } = entry.form ?? {};
  if (parts === undefined) return undefined;
  entry.places ??= new Map();
  const key = shape.join();
  const known = entry.places.get(key);
  if (known !== undefined) return known;
  const map = mapFor(parts, shape);
  if (map === undefined) return undefined;
  const places = placesOf(map);
  entry.places.set(key, places);
  return places;
}

function partSums(entry: TensorSums, part: OutputPart): PartSums {
  entry.parts ??= [];
  const known = entry.parts.find((one) => one.part.name === part.name && one.part.where === part.where);
  if (known !== undefined) return known;
  const made: PartSums = {
    part,
    kind: part.values ?? entry.kind ?? "quantity",
    samples: [],
    ...(part.score ? { score: { kind: part.score.kind, samples: [], clamped: 0 } } : {}),
  };
  entry.parts.push(made);
  return made;
}

function addEntryValues(entry: TensorSums, r: Numbers, c: Numbers, shape: readonly number[]): void {
  const own = emptyEntries(shape, "all");
  addEntries(own, r, c, { shape, first: 0, count: r.length });
  if (entry.entries) mergeEntries(entry.entries, own);
  else entry.entries = own;
}

type Scores = ReturnType<typeof scoresOf>;

function addScore(
  score: ScoreSums,
  reference: Scores,
  candidate: Scores,
  varies: Layout | undefined,
  options: Pick<MeasureOptions, "withWarnings"> & Closeness,
): void {
  const sums = emptySums();
  accumulate(sums, reference.values, candidate.values, reference.values.length, options);
  score.samples.push(sums);
  score.clamped += reference.clamped + candidate.clamped;
  if (options.withWarnings !== false && varies) addVaried(score, reference.values, candidate.values, varies);
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

const sizeWords = (form: OutputForm | undefined): string | undefined =>
  form?.sizedBy && `${form.sizedBy.opType} "${form.sizedBy.node}" decides how many there are`;

const shapeText = ({ shape }: Tensor): string => `[${shape.join(", ")}]`;
