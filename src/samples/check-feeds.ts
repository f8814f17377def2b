/** Checks every sample against the model's inputs before anything runs: a wrong sample must never end a calibration early. */
import { ConfigError } from "../effects/failure.ts";
import type { FeedSource, ShapeRange } from "../model/job.ts";
import type { Feed } from "../model/tensor.ts";
import type { ModelInput } from "../onnx/inputs.ts";

const shown = 10;

/** ConfigError lists the samples that do not fit, with source, sample number, input and both shapes. */
export async function checkFeeds(
  source: FeedSource,
  inputs: readonly ModelInput[],
  shapes: ReadonlyMap<string, ShapeRange>,
): Promise<void> {
  const problems: string[] = [];
  for (let i = 0; i < source.count && problems.length < shown; i++) {
    const feed = await source.feed(i);
    problems.push(...feedProblems(feed, inputs, shapes).map((problem) => `${source.description}, sample ${i}: ${problem}`));
  }
  if (problems.length > 0) throw new ConfigError(problems);
}

function feedProblems(feed: Feed, inputs: readonly ModelInput[], shapes: ReadonlyMap<string, ShapeRange>): string[] {
  const wanted = new Set(inputs.map((input) => input.name));
  const strangers = [...feed.keys()]
    .filter((name) => !wanted.has(name))
    .map((name) => `holds '${name}', which is no input of the model. Name the arrays like the inputs: ${[...wanted].join(", ")}.`);
  return [...strangers, ...inputs.flatMap((input) => inputProblems(feed, input, shapes.get(input.name)))];
}

function inputProblems(feed: Feed, input: ModelInput, range: ShapeRange | undefined): string[] {
  const tensor = feed.get(input.name);
  if (tensor === undefined) return [`has no array for the input '${input.name}'. Save one under that name.`];
  const problems: string[] = [];
  if (tensor.dtype !== input.dtype)
    problems.push(`'${input.name}' is ${tensor.dtype}, and the model wants ${input.dtype}. Save it in that type.`);
  const { limits } = input;
  const beyond = limits && tensor.data.find((value) => value < limits[0] || value > limits[1]);
  if (limits !== undefined && beyond !== undefined)
    problems.push(`'${input.name}' holds ${beyond}, and ${input.elementType} ends at ${limits[0]} and ${limits[1]}. Correct the data.`);
  if (!fitsShape(tensor.shape, input, range))
    problems.push(
      `'${input.name}' has the shape [${tensor.shape.join(", ")}], and the model wants ${wantedShape(input, range)}. Correct the data or 'shapes'.`,
    );
  return problems;
}

function fitsShape(shape: readonly number[], { dims, shapeless }: ModelInput, range: ShapeRange | undefined): boolean {
  if (range !== undefined)
    return shape.length === range.min.length && shape.every((dim, i) => dim >= (range.min[i] ?? dim) && dim <= (range.max[i] ?? dim));
  if (shapeless !== undefined) return true;
  return shape.length === dims.length && shape.every((dim, i) => typeof dims[i] === "string" || dim === dims[i]);
}

const wantedShape = (input: ModelInput, range: ShapeRange | undefined) =>
  range === undefined
    ? `[${input.dims.join(", ")}]`
    : `[${range.min.map((low, i) => (low === range.max[i] ? low : `${low}..${range.max[i]}`)).join(", ")}]`;
