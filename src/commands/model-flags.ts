/** The flags that describe one model (`--cache`, `--validation`, …) as config/model-flags.ts takes them; check and search have them. */
import { isAbsolute, relative } from "node:path";
import type { ModelFlags } from "../config/model-flags.ts";
import { shapesFromFlags } from "../config/shapes.ts";
import { toleranceBlock } from "../config/tolerance-text.ts";
import type { Parsed } from "./command.ts";

/** Throws ConfigError for a shape or a limit that cannot be read. `cwd`: what paths are relative to. */
export function modelFlagsOf(parsed: Parsed, cwd: string): ModelFlags {
  const path = (flag: string): string | undefined => fromHere(parsed.text(flag), cwd);
  const limits = parsed.text("tolerance");
  return {
    cache: path("cache"),
    data: path("data"),
    qdq: path("qdq"),
    validation: path("validation"),
    keep: path("keep"),
    shapes: Object.fromEntries(
      [...shapesFromFlags(parsed.list("shapes"))].map(([input, { min, opt, max }]) => [
        input,
        { min: [...min], opt: [...opt], max: [...max] },
      ]),
    ),
    tolerance: limits === undefined ? undefined : toleranceBlock(limits),
  };
}

/** The inputs of the line, with MODEL relative to the working folder as the configuration would name it. */
export const inputsFromHere = ({ inputs }: Parsed, cwd: string): Record<string, string> =>
  inputs.models === undefined
    ? { ...inputs }
    : {
        ...inputs,
        models: inputs.models
          .split("\n")
          .map((line) => fromHere(line, cwd))
          .join("\n"),
      };

function fromHere<T extends string | undefined>(path: T, cwd: string): T | string {
  return path !== undefined && isAbsolute(path) ? relative(cwd, path) : path;
}
