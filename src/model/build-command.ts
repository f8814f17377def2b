/**
 * The command line that builds one engine, for `polygraphy convert` and for `trtexec`: every reproduction and every fix prints these.
 * Options come as words (build-options.ts); what is kept, and why, is the caller's.
 */
import { shellLine } from "./shell-word.ts";

/** `typed`: the network's own types decide, and no precision is a flag. Else what the builder may use. */
type BuildTypes = "typed" | "fp16" | "int8" | "int8 and fp16";

interface Build {
  readonly model: string;
  readonly types: BuildTypes;
  /** Calibration cache. */
  readonly cache?: string | undefined;
  /** Words for this tool, after the precisions and the cache. */
  readonly options?: readonly string[];
  readonly engine: string;
}

type Constraints = "prefer" | "obey";

interface PolygraphyBuild extends Build {
  /** Words between the model and the precisions. */
  readonly first?: readonly string[];
  /** A script that sets the precisions of layers. */
  readonly script?: { readonly path: string; readonly constraints: Constraints } | undefined;
}

interface TrtexecBuild extends Build {
  /** Each `name:type`; the names can be written. */
  readonly layers?: { readonly precisions: readonly string[]; readonly outputTypes: readonly string[]; readonly constraints: Constraints };
}

const flags: Readonly<Record<Exclude<BuildTypes, "typed">, readonly string[]>> = {
  fp16: ["--fp16"],
  int8: ["--int8"],
  "int8 and fp16": ["--int8", "--fp16"],
};

/** One line for a POSIX shell. */
export function polygraphyBuild({ model, types, cache, first = [], options = [], script, engine }: PolygraphyBuild): string {
  return shellLine([
    ...["polygraphy", "convert", model, ...first],
    ...(types === "typed" ? ["--strongly-typed"] : flags[types]),
    ...(cache === undefined ? [] : ["--calibration-cache", cache]),
    ...options,
    ...(script === undefined ? [] : ["--trt-network-postprocess-script", script.path, "--precision-constraints", script.constraints]),
    ...["-o", engine],
  ]);
}

/** One line for a POSIX shell. */
export function trtexecBuild({ model, types, cache, options = [], layers, engine }: TrtexecBuild): string {
  return shellLine([
    ...["trtexec", `--onnx=${model}`],
    ...(types === "typed" ? ["--stronglyTyped"] : flags[types]),
    ...(cache === undefined ? [] : [`--calib=${cache}`]),
    ...options,
    ...(layers === undefined
      ? []
      : [
          `--layerPrecisions=${layers.precisions.join(",")}`,
          `--layerOutputTypes=${layers.outputTypes.join(",")}`,
          `--precisionConstraints=${layers.constraints}`,
        ]),
    `--saveEngine=${engine}`,
  ]);
}
