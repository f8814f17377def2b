/** Shapes of inputs as the gate's own commands take them. */
import type { ShapeRange } from "./job.ts";

type NamedShape = readonly [input: string, Pick<ShapeRange, "opt">];

/** `x:1x3x48x192`: the usual shape of a range. */
export const shapeWord = ([input, { opt }]: NamedShape): string => `${input}:${opt.join("x")}`;

/** `--shapes x:1x3x48x192` for each input; empty where none is open. */
export const shapeFlags = (shapes: Iterable<NamedShape>): string[] => [...shapes].flatMap((shape) => ["--shapes", shapeWord(shape)]);
