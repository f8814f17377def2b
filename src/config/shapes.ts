/** Shapes of dynamic inputs, from the configuration or from `--shapes`. Whether the model has such an input is checked where the model is read. */
import type { z } from "zod";
import { ConfigError } from "../effects/failure.ts";
import type { ShapeRange } from "../model/job.ts";
import type { shapesSchema } from "./schema.ts";

export type ShapesConfig = z.output<typeof shapesSchema>;

/** Input name -> range. One list means min = opt = max. */
export function readShapes(config: ShapesConfig): Map<string, ShapeRange> {
  return new Map(Object.entries(config).map(([input, shape]) => [input, Array.isArray(shape) ? fixed(shape) : shape]));
}

/** What is wrong with the ranges: input name and text. Each of min, opt, max has the same rank and min <= opt <= max. */
export function shapeFaults(shapes: ReadonlyMap<string, ShapeRange>): { readonly input: string; readonly text: string }[] {
  return [...shapes].flatMap(([input, { min, opt, max }]) => {
    if (min.length !== opt.length || opt.length !== max.length)
      return [
        { input, text: `min, opt and max have ${min.length}, ${opt.length} and ${max.length} dimensions; write the same number in each` },
      ];
    const ordered = opt.every((dim, axis) => (min[axis] ?? dim) <= dim && dim <= (max[axis] ?? dim));
    return ordered ? [] : [{ input, text: "min, opt and max are not in this order in every dimension; write min <= opt <= max" }];
  });
}

/** Shapes as `trtexec` writes them (`x:1x3x48x192`, several joined by commas) and as Polygraphy does (`x:[1,3,48,192]`). Throws ConfigError with every problem. */
export function shapesFromFlags(flags: readonly string[]): Map<string, ShapeRange> {
  const problems: string[] = [];
  const shapes = new Map<string, ShapeRange>();
  for (const flag of flags) {
    for (const [input, dims] of namedShapes(flag)) {
      if (dims === undefined || dims.some((dim) => dim < 1))
        problems.push(`--shapes has "${flag}"; write NAME:DIMS, e.g. x:1x3x48x192 or x:[1,3,48,192].`);
      else if (shapes.has(input)) problems.push(`--shapes gives "${input}" twice; keep one.`);
      else shapes.set(input, fixed(dims));
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return shapes;
}

/** A name may hold colons and commas (`input:0`), so a whole flag is tried before its parts. */
function namedShapes(flag: string): [string, number[] | undefined][] {
  const whole = namedShape(flag);
  if (whole !== undefined && !joined.test(whole[0])) return [whole];
  const parts = flag.split(/,(?![^[]*\])/).map(namedShape);
  const complete = parts.filter((part) => part !== undefined);
  return complete.length === parts.length ? complete : [whole ?? [flag, undefined]];
}

/** What stands before the last shape of several: another one and a comma. */
const joined = /:(\d+(x\d+)*|\[[\d,\s]*\]),/;

function namedShape(text: string): [string, number[]] | undefined {
  const [, input, byX, bracketed] = /^(.+):(?:(\d+(?:x\d+)*)|\[([\d,\s]*)\])$/s.exec(text.trim()) ?? [];
  if (input === undefined) return undefined;
  const dims = (byX?.split("x") ?? bracketed?.split(",") ?? []).filter((dim) => dim.trim() !== "");
  return [input, dims.map(Number)];
}

const fixed = (shape: readonly number[]): ShapeRange => ({ min: shape, opt: shape, max: shape });
