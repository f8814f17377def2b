/**
 * Polygraphy's own search as a command: its arguments, and the check that saves an engine's outputs and waits for the gate to judge them.
 * Runs nothing. With `--fail-returncode 1` Polygraphy takes every other code as good, so the check itself stops the run on anything else.
 */
import { polygraphyShapes, polygraphySharedTiming } from "../model/build-options.ts";
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
  /** The timing cache that all builds of this model and run share; undefined where this level of TensorRT respects none. */
  readonly timingCache: string | undefined;
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
  /** Written anew by each check. */
  readonly candidate: string;
  /** Where the gate answers. A file of this name and `.wanted` says that an answer is waited for. */
  readonly answer: string;
  /** Process id of the gate: nobody waits for one that is gone. */
  readonly gate: number;
}

const ENGINE = "polygraphy_debug.engine";

/** Everything after the word `polygraphy`. `--check` takes all words behind it, so it comes last. */
export function debugPrecisionArgs(request: DebugPrecisionRequest): string[] {
  const { model, mode, direction, precision, cachePath, calibrator, builder, timingCache, check, artifactsFolder } = request;
  return [
    ...["debug", "precision", model, ...polygraphyShapes(request.shapes), "--int8", ...(precision === "float16" ? ["--fp16"] : [])],
    ...[
      "--calibration-cache",
      cachePath,
      "--calib-base-cls",
      calibrator,
      ...builder,
      ...polygraphySharedTiming(timingCache),
      "--mode",
      mode,
      "--dir",
      direction,
      "--precision",
      precision,
    ],
    ...["--artifacts", ENGINE, "--artifacts-dir", artifactsFolder, "--fail-returncode", "1", "--show-output"],
    ...["--check", "sh", check.script, check.resultsFile, ENGINE, check.inputs, check.candidate, check.answer, String(check.gate)],
  ];
}

/** Constant text: what differs between two checks comes as arguments. Exit 1 means bad accuracy and nothing else. */
export const checkScript = `#!/bin/sh
# check.sh RESULTS ENGINE INPUTS CANDIDATE ANSWER GATE
# Saves the outputs of ENGINE and waits for process GATE, which judges them as it judges its own engines.
# Exit 0: accuracy good. Exit 1: accuracy bad. On anything else the search is stopped: it would be counted as good.
results=$1 engine=$2 inputs=$3 candidate=$4 answer=$5 gate=$6
stop() {
  echo "stopped $1" >>"$results"
  kill -TERM "$PPID"
  exit 3
}
rm -f -- "$candidate" "$answer"
polygraphy run "$engine" --trt --load-inputs "$inputs" --save-outputs "$candidate" || stop "polygraphy run ended with $?"
[ -s "$candidate" ] || stop "polygraphy run wrote no outputs"
echo wanted >"$answer.wanted"
until [ -s "$answer" ]; do
  kill -0 "$gate" 2>/dev/null || stop "the gate is gone"
  sleep 0.1
done
read -r word <"$answer"
case $word in
  pass) code=0 ;;
  fail) code=1 ;;
  *) stop "$word" ;;
esac
echo "$word" >>"$results"
exit "$code"
`;
