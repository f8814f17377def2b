/**
 * A shell script that quantises again with ModelOpt and leaves the kept nodes out. `--nodes_to_exclude` takes patterns for Python's `re.match`,
 * which looks at a prefix only: every name is escaped and anchored. ModelOpt cannot keep a node in FP32 alone; `--high_precision_dtype` is for all.
 */

import { pathArgument, shellWord } from "../model/shell-word.ts";
import { type Artifact, type Fix, modelOptMode } from "./artifact.ts";
import { headerLines } from "./header.ts";
import { nodesOf, placeOf } from "./nodes.ts";
import { anchoredPattern, canBeArgument, commentText } from "./quote.ts";

const FILE = "fix_modelopt.sh";

/** The calibration data is the script's first argument: without any ModelOpt quietly takes random numbers, so the script refuses. */
export function makeModelOpt(fix: Fix): readonly Artifact[] {
  const { names, outputs } = nodesOf(fix);
  const leftOut = [
    ...names.filter((name) => !canBeArgument(name)).map((name) => ({ name, why: "it cannot be an argument of a program" })),
    ...outputs.map((output) => ({ name: `(output ${output})`, why: "the node has no name, and ModelOpt excludes nodes by name only" })),
  ];
  const patterns = names.filter(canBeArgument).map(anchoredPattern);
  const command = `sh ${shellWord(placeOf(fix, FILE))} CALIBRATION.npz`;
  const notes = leftOut.map(({ name, why }) => `# Left out: ${commentText(name)}: ${commentText(why)}`);
  const body = patterns.length === 0 ? NOTHING : `${NEEDS_DATA}\nexec ${modelOptWords(fix, patterns)}`;
  const content = ["#!/bin/sh", ...headerLines(fix, "modelopt", command), ...notes, body, ""].join("\n");
  return [{ format: "modelopt", fileName: FILE, content, command, leftOut }];
}

const NOTHING = "echo 'no node name of this fix can be written for ModelOpt; use the qdq format' >&2\nexit 1";
const NEEDS_DATA = `if [ ! -f "$1" ]; then echo 'usage: fix_modelopt.sh CALIBRATION.npz' >&2; exit 2; fi`;

function modelOptWords(fix: Fix, patterns: readonly string[]): string {
  const { model, precision, algorithm } = fix;
  const start = [
    "python3",
    "-m",
    "modelopt.onnx.quantization",
    "--onnx_path",
    pathArgument(model.path),
    "--quantize_mode",
    modelOptMode(fix) ?? "int8",
  ];
  const method = ["--calibration_method", algorithm === "entropy" ? "entropy" : "max"];
  const end = ["--high_precision_dtype", precision === "float16" ? "fp16" : "fp32", "--output_path", "fixed.qdq.onnx"];
  const quoted = (words: readonly string[]) => words.map(shellWord).join(" ");
  return `${quoted(start)} ${quoted(method)} --calibration_data_path "$1" ${quoted(end)} --nodes_to_exclude ${quoted(patterns)}`;
}
