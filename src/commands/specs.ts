/**
 * The words of every subcommand in one table: parsing, `--help` and the README are generated from it.
 * Imports nothing heavy, so that `--version` and `--help` start at once; what a command does is in the file of its name.
 */
import type { CommandSpec, FlagSpec } from "./command.ts";

const json: FlagSpec = { kind: "switch", help: "print the result as JSON on stdout" };
const output = (what: string): FlagSpec => ({ kind: "text", value: "FILE", short: "o", help: `${what}; stdout without it, and with -` });
const shapes: FlagSpec = {
  kind: "list",
  value: "NAME:DIMS",
  help: "shape of a dynamic input, e.g. x:1x3x48x192 or x:[1,3,48,192] (repeatable; not needed where samples tell it)",
};
const html: FlagSpec = { kind: "text", value: "FILE", help: "also write an HTML report" };
const algorithm: FlagSpec = {
  kind: "text",
  value: "A",
  oneOf: ["entropy", "minmax", "percentile"],
  help: "how scales are chosen (default entropy)",
};

const noBase: FlagSpec = {
  kind: "switch",
  help: "compare with no base commit (default: where the branch left the default branch, else the last commit)",
};

/** One model described on the line, beside or instead of its entry in the configuration. */
const modelFlags: Readonly<Record<string, FlagSpec>> = {
  cache: { kind: "text", value: "FILE", help: "MODEL's calibration cache" },
  data: { kind: "text", value: "FILE", help: "MODEL's calibration samples: .npz, .npy, inputs JSON, a folder of them, or a loader .py" },
  qdq: { kind: "text", value: "FILE", help: "the same model with Q/DQ, instead of --cache and --data" },
  validation: { kind: "text", value: "FILE", help: "samples that both sides are compared on; the same kinds of file as --data" },
  keep: { kind: "text", value: "FILE", help: "units kept in higher precision, as trt-gate fix --format keep writes them" },
  shapes,
  tolerance: { kind: "text", value: "LIMITS", help: "limits as metric=number pairs (default sqnr-db=20,cosine=0.997)" },
};

const check: CommandSpec = {
  name: "check",
  usage: "check [MODEL...]",
  summary: "The whole gate, as in the action: compare, judge, and on a regression search and verify a fix.",
  examples: [
    "trt-gate check",
    "trt-gate check cls.onnx --cache cls.cache --validation validation.npz",
    "trt-gate check models/cls.onnx --lane simulate",
    "trt-gate check --changed-since origin/main --json",
  ],
  positionals: { min: 0, max: Number.POSITIVE_INFINITY },
  positionalsAreModels: true,
  takesInputs: true,
  flags: {
    ...modelFlags,
    "changed-since": {
      kind: "text",
      value: "REF",
      help: "check only models that changed since this commit or branch, and compare with it",
    },
    "no-base": noBase,
    json,
  },
};

const compare: CommandSpec = {
  name: "compare",
  usage: "compare REFERENCE [CANDIDATE]",
  summary: "Compares two saved output files (or the two runners of one file) and judges the difference.",
  examples: [
    "trt-gate compare fp16.json int8.json",
    "trt-gate compare fp16.npz int8.npz --tolerance 'sqnr-db=20,max-abs=0.1' --fail-fast",
    "trt-gate compare both.json --reference-runner trt-fp16 --candidate-runner trt-int8",
  ],
  positionals: { min: 1, max: 2 },
  flags: {
    tolerance: { kind: "text", value: "LIMITS", help: "limits as metric=number pairs (default sqnr-db=20,cosine=0.997)" },
    "tolerance-file": { kind: "text", value: "FILE", help: "a YAML file that holds a tolerance block" },
    "fail-fast": { kind: "switch", help: "stop at the first failing tensor in execution order" },
    rows: { kind: "switch", help: "axis 0 of the saved arrays counts samples: judge each row as one" },
    map: { kind: "list", value: "REFERENCE=CANDIDATE", help: "pair two tensors of different names (repeatable)" },
    "reference-runner": { kind: "text", value: "NAME", help: "runner of the reference in a file with several" },
    "candidate-runner": { kind: "text", value: "NAME", help: "runner of the candidate in a file with several" },
    threads: { kind: "number", value: "N", help: "worker threads (default: cores, at most 8)" },
    html,
    json,
  },
};

const inspect: CommandSpec = {
  name: "inspect",
  usage: "inspect FILE",
  summary: "Shows what a file holds: saved outputs or inputs, a calibration cache, an ONNX model, engine inspector JSON, a report.",
  examples: ["trt-gate inspect int8.json", "trt-gate inspect model.onnx --json"],
  positionals: { min: 1, max: 1 },
  flags: { json },
};

const search: CommandSpec = {
  name: "search",
  usage: "search MODEL",
  summary: "Finds a small set of units to keep in higher precision so that the model meets its limits.",
  examples: ["trt-gate search models/cls.onnx", "trt-gate search models/cls.onnx --method bisect --budget-minutes 10"],
  positionals: { min: 1, max: 1 },
  positionalsAreModels: true,
  takesInputs: true,
  flags: {
    ...modelFlags,
    method: { kind: "text", value: "M", oneOf: ["ranked", "bisect", "linear"], help: "how to search (default ranked)" },
    direction: { kind: "text", value: "D", oneOf: ["forward", "reverse"], help: "bisect and linear: first or last layers" },
    precision: { kind: "text", value: "P", oneOf: ["fp16", "fp32", "float16", "float32"], help: "precision of kept units (default fp16)" },
    group: { kind: "text", value: "G", oneOf: ["unit", "block"], help: "what moves together (default unit)" },
    "budget-minutes": { kind: "number", value: "N", help: "time for the search; the best answer so far is reported" },
    "max-builds": { kind: "number", value: "N", help: "most engine builds" },
    "no-base": noBase,
    json,
  },
};

const fix: CommandSpec = {
  name: "fix",
  usage: "fix REPORT",
  summary: "Makes the artefact that keeps the found units in higher precision, from a report.",
  examples: [
    "trt-gate fix trt-gate-report/report.json --format polygraphy -o fix_precision.py",
    "trt-gate fix report.json --model cls --format trtexec -o -",
    "trt-gate fix report.json --keep 20 --format qdq -o fixed.qdq.onnx",
  ],
  positionals: { min: 1, max: 1 },
  flags: {
    model: { kind: "text", value: "NAME", help: "which model of the report (needed when it holds several fixes)" },
    format: { kind: "text", value: "F", oneOf: ["polygraphy", "trtexec", "qdq", "modelopt", "keep", "config"], help: "what to make" },
    keep: { kind: "number", value: "N", help: "keep the first N units of the report's curve instead of what the search chose" },
    onnx: { kind: "text", value: "FILE", help: "the ONNX model, when it is no longer where the report says" },
    output: {
      kind: "text",
      value: "FILE",
      short: "o",
      help: "write it here, - is stdout; with qdq a name that ends in .onnx is the model, another one a Python script that makes it; without it under its usual name in this folder",
    },
  },
};

const calibrate: CommandSpec = {
  name: "calibrate",
  usage: "calibrate MODEL --data FILE -o CACHE",
  summary: "Writes a TensorRT calibration cache from calibration data, on the CPU.",
  examples: ["trt-gate calibrate models/cls.onnx --data calibration/cls.npz -o calibration/cls.cache"],
  positionals: { min: 1, max: 1 },
  flags: {
    data: { kind: "text", value: "FILE", help: "calibration samples: .npz, .npy, Polygraphy inputs JSON or a folder of them" },
    algorithm,
    percentile: { kind: "number", value: "P", help: "percentile algorithm: share of values kept, in percent (default 99.999)" },
    "max-samples": { kind: "number", value: "N", help: "use at most this many samples" },
    shapes,
    "trt-version": {
      kind: "text",
      value: "V",
      help: "TensorRT that will read the cache, as its header writes it, e.g. 8601 or 100300 (default 8601)",
    },
    output: { kind: "text", value: "CACHE", short: "o", help: "the cache to write" },
    html,
    json,
  },
};

const cache: CommandSpec = {
  name: "cache",
  usage: "cache check CACHE MODEL\ncache diff OLD NEW\ncache to-qdq CACHE MODEL -o OUT",
  summary: "Checks a calibration cache against its model, compares two caches, or turns one into an explicit Q/DQ model.",
  examples: [
    "trt-gate cache check cls.cache cls.onnx",
    "trt-gate cache diff old.cache new.cache",
    "trt-gate cache to-qdq cls.cache cls.onnx -o cls.qdq.onnx",
  ],
  positionals: { min: 3, max: 3 },
  flags: {
    output: { kind: "text", value: "OUT", short: "o", help: "to-qdq: the model to write" },
    "float-weights": { kind: "switch", help: "to-qdq: leave weights in float, each with a QuantizeLinear of its own" },
    placement: {
      kind: "text",
      value: "P",
      oneOf: ["modelopt", "core"],
      help: "to-qdq: where Q/DQ goes: as NVIDIA ModelOpt puts it (modelopt, default), or core: inputs of convolutions and matrix products",
    },
    keep: { kind: "text", value: "FILE", help: "to-qdq: leave the units of this keep file in float" },
    "verify-data": { kind: "text", value: "FILE", help: "to-qdq: samples for comparing the cache and the Q/DQ model (default: random)" },
    shapes,
    json,
  },
};

const inputs: CommandSpec = {
  name: "inputs",
  usage: "inputs MODEL -o FILE",
  summary:
    "Writes inputs of a model in Polygraphy's format, for every other command and for polygraphy run --load-inputs: seeded random ones, or those of a file.",
  examples: [
    "trt-gate inputs models/cls.onnx --samples 16 --seed 7 -o inputs.json",
    "trt-gate inputs models/cls.onnx --data validation/cls.npz -o inputs.json",
  ],
  positionals: { min: 1, max: 1 },
  flags: {
    data: { kind: "text", value: "FILE", help: "write these samples: .npz, .npy, inputs JSON, a folder of them, or those of a loader .py" },
    "max-samples": { kind: "number", value: "N", help: "of --data, at most this many" },
    python: { kind: "text", value: "FILE", help: "Python interpreter for a loader (default python3)" },
    samples: { kind: "number", value: "N", help: "number of random samples (default 1)" },
    seed: { kind: "number", value: "N", help: "seed (default 0)" },
    low: {
      kind: "number",
      value: "X",
      help: "smallest value of every input (default 0; token ids, masks and the like get values that make sense)",
    },
    high: { kind: "number", value: "X", help: "largest value of every input, exclusive (default 1)" },
    shapes,
    output: output("the file to write"),
  },
};

const render: CommandSpec = {
  name: "render",
  usage: "render REPORT --as comment|summary|html",
  summary: "Renders a report again: the comment, the job summary or the HTML page.",
  examples: ["trt-gate render report.json --as html -o report.html"],
  positionals: { min: 1, max: 1 },
  flags: {
    as: { kind: "text", value: "KIND", oneOf: ["comment", "summary", "html"], help: "what to render" },
    output: output("write it here"),
  },
};

const plan: CommandSpec = {
  name: "plan",
  usage: "plan [MODEL...]",
  summary: "Splits the changed models over several runners, as a matrix for a workflow.",
  examples: ["trt-gate plan --runners 4 --json", "trt-gate plan --runners 4 --history earlier/report.json --json"],
  positionals: { min: 0, max: Number.POSITIVE_INFINITY },
  positionalsAreModels: true,
  takesInputs: true,
  flags: {
    "changed-since": { kind: "text", value: "REF", help: "only models that changed since this commit or branch" },
    runners: { kind: "number", value: "N", help: "number of shares (default 1)" },
    history: { kind: "list", value: "REPORT", help: "earlier reports that say what each model costs (repeatable)" },
    json,
  },
};

const merge: CommandSpec = {
  name: "merge",
  usage: "merge REPORT... -o OUT",
  summary: "Joins the reports of several runners to one report, one comment and one verdict.",
  examples: ["trt-gate merge shares/*/report.json --expect share-1 --expect share-2 -o report.json"],
  positionals: { min: 0, max: Number.POSITIVE_INFINITY },
  takesInputs: true,
  flags: {
    expect: {
      kind: "list",
      value: "NAME",
      help: "a model, or the folder of a share's report, that must have reported; a missing one is undecided (repeatable)",
    },
    output: { kind: "text", value: "OUT", short: "o", help: "the report to write" },
    json,
  },
};

const doctor: CommandSpec = {
  name: "doctor",
  usage: "doctor",
  summary: "Says which lanes work on this machine, what is missing with the command to install it, and whether the configuration is sound.",
  examples: ["trt-gate doctor", "trt-gate doctor --python /opt/trt/bin/python"],
  positionals: { min: 0, max: 0 },
  flags: {
    python: { kind: "text", value: "FILE", help: "Python interpreter with tensorrt and polygraphy (default python3)" },
    config: { kind: "text", value: "FILE", help: "configuration to look at (default .github/trt-gate.yml)" },
    json,
  },
};

const init: CommandSpec = {
  name: "init",
  usage: "init",
  summary:
    "Reads the models, caches and samples that are here and writes a configuration and a workflow that fit them; overwrites nothing.",
  examples: ["trt-gate init", "trt-gate init --gitignore", "trt-gate init --dry-run"],
  positionals: { min: 0, max: 0 },
  flags: {
    "dry-run": { kind: "switch", help: "print what would be written" },
    gitignore: { kind: "switch", help: "also add the report folder to .gitignore" },
  },
};

/** In the order of the help. */
export const specs = [check, compare, inspect, search, fix, calibrate, cache, inputs, render, plan, merge, doctor, init] as const;
