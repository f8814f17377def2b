/**
 * The inputs a model wants: names, types, dimensions. Resolves open dimensions with the shapes of the configuration, or says which lines to add.
 */
import { ConfigError } from "../effects/failure.ts";
import type { DType } from "../model/tensor.ts";
import { type InputValues, inputValues } from "./input-values.ts";
import { DataType, type OnnxModel } from "./model.ts";

/** A dimension is a number, or the name that the model gives an open one ("?" where it has none). */
export interface ModelInput {
  readonly name: string;
  readonly dtype: DType;
  readonly dims: readonly (number | string)[];
}
export interface ResolvedInput {
  readonly name: string;
  readonly dtype: DType;
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

const dtypeNames: ReadonlyMap<number, DType> = new Map<number, DType>([
  [DataType.FLOAT, "float32"],
  [DataType.DOUBLE, "float64"],
  [DataType.FLOAT16, "float16"],
  [DataType.INT8, "int8"],
  [DataType.INT16, "int16"],
  [DataType.INT32, "int32"],
  [DataType.INT64, "int64"],
  [DataType.UINT8, "uint8"],
  [DataType.UINT16, "uint16"],
  [DataType.UINT32, "uint32"],
  [DataType.UINT64, "uint64"],
  [DataType.BOOL, "bool"],
]);

/** Graph inputs without those that initializers fill. ConfigError for an input that is no tensor of numbers. */
export function modelInputs(model: OnnxModel): ModelInput[] {
  const filled = new Set(model.graph.initializer.map((tensor) => tensor.name));
  return model.graph.input
    .filter((input) => !filled.has(input.name))
    .map((input) => {
      const type = input.type?.value;
      const dtype = type?.case === "tensorType" ? dtypeNames.get(type.value.elemType) : undefined;
      if (type?.case !== "tensorType" || dtype === undefined) {
        throw new ConfigError(
          `The input '${input.name}' of ${model.file} is no tensor of numbers. Export the model with number tensors as inputs.`,
        );
      }
      const dims = (type.value.shape?.dim ?? []).map((dim) => {
        if (dim.value.case === "dimValue") return Number(dim.value.value);
        return dim.value.case === "dimParam" && dim.value.value !== "" ? dim.value.value : "?";
      });
      return { name: input.name, dtype, dims };
    });
}

/** Fixed shapes (the `opt` of a range), and the range itself. ConfigError lists every open input with the YAML that closes it, and every shape that does not fit. */
export function resolveInputs(model: OnnxModel, shapes: ReadonlyMap<string, InputShapes>): ResolvedInput[] {
  const inputs = modelInputs(model);
  const known = new Set(inputs.map((input) => input.name));
  const strangers = [...shapes.keys()].filter((name) => !known.has(name));
  const problems = strangers.map(
    (name) =>
      `'shapes' names '${name}', which is no input of ${model.file}. Its inputs are ${[...known].map((one) => `'${one}'`).join(", ")}.`,
  );
  const open = inputs.filter((input) => !shapes.has(input.name) && input.dims.some((dim) => typeof dim === "string"));
  if (open.length > 0) problems.push(openProblem(model, open));
  for (const input of inputs) {
    const given = shapes.get(input.name);
    if (given !== undefined)
      problems.push(...[given.min, given.opt, given.max].flatMap((shape) => misfit(model, input, shape)).slice(0, 1));
  }
  if (problems.length > 0) throw new ConfigError(problems);
  const sensible = inputValues(model);
  return inputs.map(({ name, dtype, dims }) => {
    const [given, values] = [shapes.get(name), sensible.get(name)];
    return {
      name,
      dtype,
      shape: given?.opt ?? dims.map(Number),
      ...(given ? { range: { min: given.min, max: given.max } } : {}),
      ...(values ? { values } : {}),
    };
  });
}

function openProblem(model: OnnxModel, open: readonly ModelInput[]): string {
  const named = open.map((input) => `'${input.name}' [${input.dims.join(", ")}]`).join(", ");
  // Common sizes as a first guess: a batch of one, 224 for the rest.
  const lines = open.map(
    (input) =>
      `      ${JSON.stringify(input.name)}: [${input.dims.map((dim, i) => (typeof dim === "number" ? dim : i === 0 ? 1 : 224)).join(", ")}]`,
  );
  return `${model.file} leaves dimensions open: ${named}. Give their sizes in the configuration (the numbers are a guess):\n    shapes:\n${lines.join("\n")}`;
}

function misfit(model: OnnxModel, input: ModelInput, shape: readonly number[]): string[] {
  const fits = shape.length === input.dims.length && input.dims.every((dim, i) => typeof dim === "string" || dim === shape[i]);
  return fits
    ? []
    : [
        `The shape [${shape.join(", ")}] does not fit the input '${input.name}' [${input.dims.join(", ")}] of ${model.file}. Correct 'shapes' in the configuration.`,
      ];
}
