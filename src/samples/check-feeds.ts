/** Checks every sample against the model's inputs before anything runs: a wrong sample must never end a calibration early. */
import { ConfigError } from "../effects/failure.ts";
import type { FeedSource, ShapeRange } from "../model/job.ts";
import type { Feed } from "../model/tensor.ts";
import type { ModelInput } from "../onnx/inputs.ts";

const shown = 10;

/** ConfigError lists each kind of fault once, with source, the first sample that has it, how many others do, input and both shapes. */
export async function checkFeeds(
  source: FeedSource,
  inputs: readonly ModelInput[],
  shapes: ReadonlyMap<string, ShapeRange>,
): Promise<void> {
  const kinds = new Map<string, { readonly sample: number; readonly problem: string; samples: number }>();
  for (let sample = 0; sample < source.count; sample++) {
    for (const problem of feedProblems(await source.feed(sample), inputs, shapes)) {
      // Values and sizes differ from sample to sample, the fault is the same.
      const kind = problem.replaceAll(/-?\d+(\.\d+)?(e[+-]?\d+)?/g, "#");
      const known = kinds.get(kind);
      if (known) known.samples++;
      else if (kinds.size < shown) kinds.set(kind, { sample, problem, samples: 1 });
    }
  }
  const problems = [...kinds.values()].map(({ sample, problem, samples }) => {
    const others = samples > 1 ? ` (and ${samples - 1} more of ${source.count})` : "";
    return `${source.description}, sample ${sample}${others}: ${problem}`;
  });
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
