/**
 * The shapes that samples bring for inputs whose dimensions the model leaves open, so that nobody has to write what the data says.
 * Reads headers alone. What the configuration or a flag gives stands; samples that do not fit are refused here, for no shape would mend them.
 */
import type { Files } from "../effects/effects.ts";
import { ConfigError } from "../effects/failure.ts";
import type { FeedSource, ShapeRange } from "../model/job.ts";
import { isOpen, type ModelInput, type SymbolSizes, symbolSizes } from "../onnx/inputs.ts";
import { axisHint } from "./axis-order.ts";
import { savedSamples } from "./feed-files.ts";

/** Samples in files, or those that a loader has already given. */
export type SampleOrigin = { readonly path: string } | { readonly source: FeedSource };

/** Shapes of one feed by input; `from` names it to people. */
interface Observed {
  readonly from: string;
  /** Cut out of an array along axis 0: all such feeds must have the usual size there. */
  readonly isCut: boolean;
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  /** As they are saved, with the axis that is cut. */
  readonly saved: ReadonlyMap<string, readonly number[]>;
}

/**
 * `given` and beside it, for every open input whose samples all fit, the smallest and the largest shape, and as the usual one that of the first feed.
 * Where axis 0 of an array counts samples and the first dimension is open, a feed holds one of them. ConfigError for a named dimension with two sizes
 * in one sample, and for samples that lack an open input or do not fit it.
 */
export async function completeShapes(
  inputs: readonly ModelInput[],
  given: ReadonlyMap<string, ShapeRange>,
  origins: readonly SampleOrigin[],
  files: Files,
): Promise<ReadonlyMap<string, ShapeRange>> {
  const open = inputs.filter((input) => isOpen(input) && !given.has(input.name));
  if (open.length === 0) return given;
  const { known } = symbolSizes(inputs, given);
  const observed: Observed[] = [];
  for (const origin of origins)
    observed.push(...("path" in origin ? await observedInFiles(origin.path, { inputs, known, files }) : await observedIn(origin.source)));
  refuseTwoSizes(inputs, observed);
  const misfits = open.flatMap((input) => misfit(input, observed));
  if (misfits.length > 0) throw new ConfigError(misfits);
  const found = new Map(given);
  const cutFirst = observed.toSorted((a, b) => Number(b.isCut) - Number(a.isCut));
  for (const input of open) {
    const range = rangeOf(
      input,
      cutFirst.map(({ shapes }) => shapes.get(input.name)),
    );
    if (range !== undefined) found.set(input.name, range);
  }
  return found;
}

interface Reading {
  readonly inputs: readonly ModelInput[];
  readonly known: SymbolSizes;
  readonly files: Files;
}

async function observedInFiles(path: string, { inputs, known, files }: Reading): Promise<Observed[]> {
  const found: Observed[] = [];
  for (const saved of await savedSamples(path, files)) {
    const [only] = inputs;
    for (const [index, arrays] of (saved.runners[0]?.iterations ?? []).entries()) {
      const named = [...arrays].map(([name, { header }]) => [saved.format === ".npy" && only ? only.name : name, header.shape] as const);
      const whole = saved.holds === "inputs";
      const shapes = named.map(([name, shape]) => {
        const input = inputs.find((one) => one.name === name);
        return [name, whole || input === undefined ? shape : feedShape(shape, input, known)] as const;
      });
      found.push({
        from: whole ? `sample ${index} of ${saved.path}` : saved.path,
        isCut: !whole,
        shapes: new Map(shapes),
        saved: new Map(named),
      });
    }
  }
  return found;
}

/**
 * An array of the input's own rank is cut along axis 0, one with a rank more holds whole feeds (sample-file.ts). Where neither the model declares a rank nor
 * the graph tells one, a feed keeps its first dimension, with the size 1.
 */
function feedShape(shape: readonly number[], { dims, shapeless }: ModelInput, known: SymbolSizes): readonly number[] {
  const [first = 1] = dims;
  const rank = shapeless === undefined ? dims.length : (shapeless.rank ?? shape.length);
  if (shape.length !== rank) return shape.slice(1);
  return [typeof first === "number" ? first : (known.get(first)?.[1] ?? 1), ...shape.slice(1)];
}

async function observedIn(source: FeedSource): Promise<Observed[]> {
  const found: Observed[] = [];
  for (let sample = 0; sample < source.count; sample++) {
    const shapes = new Map([...(await source.feed(sample))].map(([name, tensor]) => [name, tensor.shape]));
    found.push({ from: `sample ${sample} of ${source.description}`, isCut: false, shapes, saved: shapes });
  }
  return found;
}

function refuseTwoSizes(inputs: readonly ModelInput[], observed: readonly Observed[]): void {
  for (const { from, shapes } of observed) {
    const ranges = new Map([...shapes].map(([name, shape]) => [name, { min: shape, opt: shape, max: shape }]));
    const [conflict] = symbolSizes(inputs, ranges).conflicts;
    if (conflict !== undefined)
      throw new ConfigError(`In ${from} ${conflict}. One name is one size; correct the data, or export the model with two names.`);
  }
}

/** What is wrong with the first sample that lacks the input or does not fit what the model fixes of it, and how many others do. */
function misfit(input: ModelInput, observed: readonly Observed[]): string[] {
  const fits = (shape: readonly number[]) => input.shapeless !== undefined || fitsDims(shape, input.dims);
  const bad = observed.filter(({ shapes }) => !fits(shapes.get(input.name) ?? []) || !shapes.has(input.name));
  const [first] = bad;
  if (first === undefined) return [];
  const shape = first.shapes.get(input.name);
  const where = `${first.from}${bad.length > 1 ? ` (and ${bad.length - 1} more alike)` : ""}`;
  if (shape === undefined) {
    const holds = [...first.shapes.keys()].map((name) => `"${name}"`).join(", ");
    return [
      `${where}: input "${input.name}" is missing; it holds ${holds === "" ? "nothing" : holds}. Save the array under the input's name.`,
    ];
  }
  const saved = first.saved.get(input.name) ?? shape;
  const moved = (order: readonly number[]) => fits([shape[0] ?? 1, ...order.slice(1)]);
  const hint = saved.length === shape.length ? axisHint(saved, moved) : "";
  return [
    `${where}: input "${input.name}" has the shape [${saved.join(", ")}], which does not fit the model's [${input.dims.join(", ")}].${hint === "" ? " Save it in that shape." : hint}`,
  ];
}

const fitsDims = (shape: readonly number[], dims: ModelInput["dims"]): boolean =>
  shape.length === dims.length && shape.every((size, axis) => typeof dims[axis] === "string" || dims[axis] === size);

/** Undefined where no sample has the input, or one has another rank than the first. */
function rangeOf({ dims, shapeless }: ModelInput, observed: readonly (readonly number[] | undefined)[]): ShapeRange | undefined {
  const shapes = observed.filter((shape) => shape !== undefined);
  const [opt] = shapes;
  // A sample without the input: what is missing is said where samples are read.
  if (shapes.length < observed.length) return undefined;
  const fits = (shape: readonly number[]) => (shapeless === undefined ? fitsDims(shape, dims) : shape.length === opt?.length);
  if (opt === undefined || !shapes.every(fits)) return undefined;
  const over = (pick: (...sizes: number[]) => number) =>
    opt.map((_, axis) => shapes.reduce((size, shape) => pick(size, shape[axis] ?? size), opt[axis] ?? 1));
  return { min: over(Math.min), opt, max: over(Math.max) };
}
