/**
 * Polygraphy's own search as a command: its arguments, and the check that tells bad accuracy from a failed tool.
 * Runs nothing. With `--fail-returncode 1` Polygraphy takes every other code as good, so the check itself stops the run on anything else.
 */
import { polygraphyShapes } from "../model/build-options.ts";
import type { ShapeRange } from "../model/job.ts";
import type { SearchOutcome } from "../search/outcome.ts";

export interface DebugPrecisionRequest {
  readonly model: string;
  readonly mode: Exclude<SearchOutcome["method"], "ranked">;
  readonly direction: "forward" | "reverse";
  readonly precision: "float16" | "float32";
  /** Polygraphy rewrites a cache that its calibrator does not accept: a copy, with the class that wrote it. */
  readonly cachePath: string;
  readonly calibrator: string;
  /** By input name; all three are equal for a fixed shape. */
  readonly shapes: ReadonlyMap<string, ShapeRange>;
  /** Further builder options, each a word (`--tactic-sources`, `--builder-optimization-level 0`). */
  readonly builder: readonly string[];
  readonly check: CheckRequest;
  /** Folder for the engines of the iterations, sorted into `good` and `bad`. */
  readonly artifactsFolder: string;
}

export interface CheckRequest {
  /** Path of a file that holds `checkScript`. */
  readonly script: string;
  /** One line a check is added here: `pass`, `fail`, or `stopped` with why. */
  readonly resultsFile: string;
  readonly inputs: string;
  readonly reference: string;
  /** Written anew by each check. */
  readonly candidate: string;
  /** As `trt-gate compare --tolerance` reads it. */
  readonly tolerance: string;
  /** How this gate is called: `["node", "dist/cli.js"]`. */
  readonly gate: readonly string[];
}

const ENGINE = "polygraphy_debug.engine";

/** Everything after the word `polygraphy`. `--check` takes all words behind it, so it comes last. */
export function debugPrecisionArgs(request: DebugPrecisionRequest): string[] {
  const { model, mode, direction, precision, cachePath, calibrator, builder, check, artifactsFolder } = request;
  return [
    ...["debug", "precision", model, ...polygraphyShapes(request.shapes), "--int8", ...(precision === "float16" ? ["--fp16"] : [])],
    ...[
      "--calibration-cache",
      cachePath,
      "--calib-base-cls",
      calibrator,
      ...builder,
      "--mode",
      mode,
      "--dir",
      direction,
      "--precision",
      precision,
    ],
    ...["--artifacts", ENGINE, "--artifacts-dir", artifactsFolder, "--fail-returncode", "1", "--show-output"],
    ...[
      "--check",
      "sh",
      check.script,
      check.resultsFile,
      ENGINE,
      check.inputs,
      check.reference,
      check.candidate,
      check.tolerance,
      ...check.gate,
    ],
  ];
}

/** Constant text: what differs between two checks comes as arguments. Exit 1 means bad accuracy and nothing else. */
export const checkScript = `#!/bin/sh
# check.sh RESULTS ENGINE INPUTS REFERENCE CANDIDATE TOLERANCE GATE...
# Exit 0: accuracy good. Exit 1: accuracy bad. On anything else the search is stopped: it would be counted as good.
results=$1 engine=$2 inputs=$3 reference=$4 candidate=$5 tolerance=$6
shift 6
stop() {
  echo "stopped $1" >>"$results"
  kill -TERM "$PPID"
  exit 3
}
rm -f -- "$candidate"
polygraphy run "$engine" --trt --load-inputs "$inputs" --save-outputs "$candidate" || stop "polygraphy run ended with $?"
[ -s "$candidate" ] || stop "polygraphy run wrote no outputs"
"$@" compare "$reference" "$candidate" --tolerance "$tolerance"
code=$?
case $code in
  0) echo pass >>"$results" ;;
  1) echo fail >>"$results" ;;
  *) stop "compare ended with $code" ;;
esac
exit "$code"
`;
