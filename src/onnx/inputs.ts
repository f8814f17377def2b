/**
 * The inputs a model wants: names, types, dimensions. Resolves open dimensions with the shapes that are given, or says what to give and where.
 * Where shapes come from (configuration, flags, samples) is decided by whoever asks.
 */
import { ConfigError, ToolError } from "../effects/failure.ts";
import type { DType } from "../model/tensor.ts";
import { carrierOfWord } from "./element-carriers.ts";
import { expectedRank } from "./expected-rank.ts";
import { type InputValues, inputValues } from "./input-values.ts";
import type { OnnxModel } from "./model.ts";
import { type ModelValue, typedInputs, typedOutputs } from "./types.ts";

/** A dimension is a number, or the name that the model gives an open one ("?" where it has none). */
export interface ModelInput {
  readonly name: string;
  /** What samples are saved in. */
  readonly dtype: DType;
  readonly dims: readonly (number | string)[];
  /** The model's own type, where samples are saved in a wider one and rounded to it (`bfloat16`, `float8e4m3fn`, `int4` …). */
  readonly elementType?: string;
  /** Smallest and largest value of such an integer type. */
  readonly limits?: readonly [number, number];
  /** The model declares no shape: `dims` is empty, and samples or `shapes` have to say it. */
  readonly shapeless?: { /** How many dimensions the graph wants, where it tells. */ readonly rank: number | undefined };
}
export interface ResolvedInput {
  readonly name: string;
  readonly dtype: DType;
  /** As ModelInput has it. */
  readonly elementType?: string;
  readonly shape: readonly number[];
  /** Samples may have any size in between; without it only `shape`. */
  readonly range?: Pick<InputShapes, "min" | "max">;
  /** What made-up samples may hold; undefined: any number. */
  readonly values?: InputValues;
}
/** Like ShapeRange of the lanes: smallest, usual and largest shape. */
export interface InputShapes {
  readonly min: readonly number[];
  readonly opt: readonly number[];
  readonly max: readonly number[];
}
/** Where the user gives shapes: messages speak of `shapes:` of the configuration, or of the flag `--shapes`. */
export type DescribedIn = "configuration" | "flags";

const dtypes: ReadonlySet<string> = new Set<DType>([
  ...(["float16", "float32", "float64", "bool"] as const),
  ...(["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"] as const),
]);
const isDType = (type: string): type is DType => dtypes.has(type);

/** Graph inputs without those that initializers fill. ToolError `unsupported-type` for an input whose samples nobody could save as numbers. */
export function modelInputs(model: OnnxModel): ModelInput[] {
  return typedInputs(model).map((value) => {
    const { name, type, dims } = value;
    const plain = plainType(type);
    const carrier = carrierOfWord(plain);
    const dtype = carrier?.dtype ?? plain;
    if (!isDType(dtype)) throw unsupported(model, "input", value);
    return {
      name,
      dtype,
      dims,
      ...(carrier === undefined ? {} : { elementType: plain }),
      ...(carrier?.limits === undefined ? {} : { limits: carrier.limits }),
      ...(value.isShapeless ? { shapeless: { rank: expectedRank(model.graph, name) } } : {}),
    };
  });
}

/** ToolError `unsupported-type` for an output that holds no numbers to compare. */
export function checkOutputs(model: OnnxModel): void {
  const isComparable = (type: string) => {
    const carrier = carrierOfWord(type);
    return type === "unknown" || isDType(type) || (carrier !== undefined && carrier.limits === undefined);
  };
  const odd = typedOutputs(model).find(({ type }) => !isComparable(plainType(type)));
  if (odd !== undefined) throw unsupported(model, "output", odd);
}

const plainType = (type: string): string => /^optional\((\w+)\)$/.exec(type)?.[1] ?? type;

/** Whose limit it is, by type: what neither side of TensorRT has, and what only ONNX Runtime lacks. */
function unsupported(model: OnnxModel, side: "input" | "output", { name, type }: ModelValue): ToolError {
  const what = `The ${side} '${name}' of ${model.file} is ${type}`;
  const cut = side === "input" ? "Check the part of the model that begins behind it" : "Leave it out of the model's outputs";
  const [whose, next] = limitOf(type, cut);
  return new ToolError("unsupported-type", `${what}. ${whose}. ${next}.`);
}

function limitOf(type: string, cut: string): readonly [whose: string, next: string] {
  if (type === "float4e2m1")
    return [
      "TensorRT takes FP4 tensors, ONNX Runtime on the CPU computes none, so this is a limit of the simulate lane",
      "For the check, export the model with a float32 tensor and a Cast there",
    ];
  if (/^u?int[24]$/.test(type)) return ["TensorRT has such types for weights alone, and ONNX Runtime hands none out", cut];
  if (/map\(/.test(type)) return ["TensorRT has no maps, and neither has ONNX Runtime for Node", "Export a classifier with zipmap=False"];
  if (/sequence\(/.test(type)) return ["TensorRT has no sequences, and ONNX Runtime for Node hands none over", cut];
  if (type === "string") return ["TensorRT has no text, and no metric compares it", cut];
  return ["That holds no plain numbers, and TensorRT has no such tensors", cut];
}

/**
 * Fixed shapes (the `opt` of a range), and the range itself. An open dimension that has a name takes the size that another input's shape gives it.
 * ConfigError lists every open input with the lines that close it, every shape that does not fit, and every name with two sizes.
 */
export function resolveInputs(
  model: OnnxModel,
  shapes: ReadonlyMap<string, InputShapes>,
  describedIn: DescribedIn = "configuration",
): ResolvedInput[] {
  const inputs = modelInputs(model);
  const known = new Set(inputs.map((input) => input.name));
  const where = describedIn === "flags" ? "--shapes" : "'shapes'";
  const problems = [...shapes.keys()]
    .filter((name) => !known.has(name))
    .map(
      (name) =>
        `${where} names '${name}', which is no input of ${model.file}. Its inputs are ${[...known].map((one) => `'${one}'`).join(", ")}.`,
    );
  for (const input of inputs) {
    const given = shapes.get(input.name);
    if (given !== undefined)
      problems.push(...[given.min, given.opt, given.max].flatMap((shape) => misfit(model, input, { shape, where })).slice(0, 1));
  }
  const sizes = symbolSizes(inputs, shapes);
  problems.push(...sizes.conflicts.map((what) => `${where} of ${model.file}: ${what}. One name is one size; give the same in both.`));
  const closed = inputs.map((input) => ({ input, given: shapes.get(input.name) ?? closedBy(input, sizes.known) }));
  const open = closed.filter(({ input, given }) => given === undefined && isOpen(input)).map(({ input }) => input);
  if (open.length > 0) problems.push(openProblem(model, { open, sizes: sizes.known, describedIn }));
  if (problems.length > 0) throw new ConfigError(problems);
  const sensible = inputValues(model);
  return closed.map(({ input: { name, dtype, dims, elementType }, given }) => {
    const values = sensible.get(name);
    return {
      name,
      dtype,
      ...(elementType === undefined ? {} : { elementType }),
      shape: given?.opt ?? dims.map(Number),
      ...(given ? { range: { min: given.min, max: given.max } } : {}),
      ...(values ? { values } : {}),
    };
  });
}

/** True where any dimension is a name, or where the model declares no shape at all. */
export const isOpen = ({ dims, shapeless }: Pick<ModelInput, "dims" | "shapeless">): boolean =>
  shapeless !== undefined || dims.some((dim) => typeof dim === "string");

/** Shapes with a batch of one for each input whose open dimensions are all batches: the first of several, or one that has the name of another input's first. */
export function batchesOfOne(inputs: readonly ModelInput[], given: ReadonlyMap<string, InputShapes>): Map<string, readonly number[]> {
  const names = new Set(inputs.filter(({ dims }) => dims.length > 1).map(({ dims: [first] }) => first));
  const isBatch = (dim: number | string, axis: number, dims: ModelInput["dims"]) =>
    (axis === 0 && dims.length > 1) || (dim !== "?" && names.has(dim));
  const { known } = symbolSizes(inputs, given);
  const closed = inputs.filter(
    (input) =>
      isOpen(input) &&
      input.shapeless === undefined &&
      !given.has(input.name) &&
      input.dims.every((dim, axis) => typeof dim === "number" || known.has(dim) || isBatch(dim, axis, input.dims)),
  );
  return new Map(closed.map(({ name, dims }) => [name, dims.map((dim) => (typeof dim === "number" ? dim : (known.get(dim)?.[1] ?? 1)))]));
}

/** [min, opt, max] of a named dimension. */
export type SymbolSizes = ReadonlyMap<string, readonly [number, number, number]>;

/** What the shapes of some inputs say of the named dimensions of all; `conflicts`: clauses that name dimension, sizes and inputs. */
export function symbolSizes(
  inputs: readonly ModelInput[],
  shapes: ReadonlyMap<string, InputShapes>,
): { readonly known: SymbolSizes; readonly conflicts: readonly string[] } {
  const known = new Map<string, { readonly sizes: readonly [number, number, number]; readonly input: string }>();
  const conflicts: string[] = [];
  for (const { name, dims } of inputs) {
    const given = shapes.get(name);
    if (given === undefined || given.opt.length !== dims.length) continue;
    for (const [axis, symbol] of dims.entries()) {
      if (typeof symbol !== "string" || symbol === "?") continue;
      const sizes = [given.min[axis] ?? 0, given.opt[axis] ?? 0, given.max[axis] ?? 0] as const;
      const before = known.get(symbol);
      if (before === undefined) known.set(symbol, { sizes, input: name });
      else if (sizes.some((size, i) => size !== before.sizes[i]))
        conflicts.push(`the dimension '${symbol}' is ${wordSizes(before.sizes)} in '${before.input}' and ${wordSizes(sizes)} in '${name}'`);
    }
  }
  return { known: new Map([...known].map(([symbol, { sizes }]) => [symbol, sizes])), conflicts };
}

const wordSizes = ([min, opt, max]: readonly [number, number, number]) => (min === max ? String(opt) : `${min}..${max}`);

/** Undefined for a fixed input, and where an open dimension has no name or one of which nothing is known. */
function closedBy(input: ModelInput, sizes: SymbolSizes): InputShapes | undefined {
  if (!isOpen(input) || input.shapeless !== undefined) return undefined;
  const complete = input.dims.flatMap((dim) => {
    const known = typeof dim === "number" ? ([dim, dim, dim] as const) : sizes.get(dim);
    return known === undefined ? [] : [known];
  });
  if (complete.length < input.dims.length) return undefined;
  return { min: complete.map(([min]) => min), opt: complete.map(([, opt]) => opt), max: complete.map(([, , max]) => max) };
}

interface OpenInputs {
  readonly open: readonly ModelInput[];
  readonly sizes: SymbolSizes;
  readonly describedIn: DescribedIn;
}

function openProblem(model: OnnxModel, { open, sizes, describedIn }: OpenInputs): string {
  const named = open.map((input) => `'${input.name}' ${input.shapeless ? "(no shape at all)" : `[${input.dims.join(", ")}]`}`).join(", ");
  const guesses = guessed(open, sizes);
  const what = `${model.file} leaves dimensions open: ${named}`;
  if (describedIn === "flags") {
    const flags = open.map(({ name }) => `--shapes '${name}:${(guesses.get(name) ?? []).join("x")}'`);
    return `${what}. Give their sizes (the numbers are a guess): ${flags.join(" ")}`;
  }
  const lines = open.map(({ name }) => `      ${JSON.stringify(name)}: [${(guesses.get(name) ?? []).join(", ")}]`);
  return `${what}. Give their sizes in the configuration (the numbers are a guess):\n    shapes:\n${lines.join("\n")}`;
}

/** Common sizes: a batch of one, 224 for the rest; one size for one name. */
function guessed(open: readonly ModelInput[], sizes: SymbolSizes): Map<string, number[]> {
  const batches = new Set(open.flatMap(({ dims }) => dims.slice(0, 1)).filter((dim) => dim !== "?"));
  const guess = (dim: number | string, axis: number): number => {
    if (typeof dim === "number") return dim;
    return sizes.get(dim)?.[1] ?? (axis === 0 || batches.has(dim) ? 1 : 224);
  };
  return new Map(open.map(({ name, dims, shapeless }) => [name, shapeless ? usualShape(shapeless.rank) : dims.map(guess)]));
}

/** A picture, where the graph does not want another number of dimensions. */
const usualShape = (rank = 4): number[] => (rank < 3 ? [1, 224] : [1, 3, 224, 224, 224]).slice(0, rank);

function misfit(model: OnnxModel, input: ModelInput, { shape, where }: { shape: readonly number[]; where: string }): string[] {
  const fits =
    input.shapeless !== undefined ||
    (shape.length === input.dims.length && input.dims.every((dim, i) => typeof dim === "string" || dim === shape[i]));
  return fits
    ? []
    : [
        `The shape [${shape.join(", ")}] does not fit the input '${input.name}' [${input.dims.join(", ")}] of ${model.file}. Correct ${where}${where === "'shapes'" ? " in the configuration" : ""}.`,
      ];
}
