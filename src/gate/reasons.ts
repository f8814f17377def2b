/**
 * Every reason a verdict can carry, and every class of failure, with its exit code, its sentence and the next step.
 * The one source: docs/verdicts.md is written from it and a test compares them.
 */
import { type ExitCode, exitCodes } from "./exit-code.ts";
import type { VerdictKind } from "./verdict.ts";

export interface Reason {
  readonly kind: VerdictKind;
  /** Of a run in which it is the only model's: 2, 3 and 5 where somebody other than the model's author has to act (`failureClasses`). */
  readonly exit: ExitCode;
  /** What happened, without the values of the case. */
  readonly sentence: string;
  readonly next: string;
}

/** The next step of a plain pass; a caveat takes its place (caveats.ts). */
export const nothingToDo = "Nothing to do.";

/**
 * The next step where other units in higher precision, or another calibration, may mend it. A reason cannot know whether a search ran or found a fix:
 * report/fitting-message.ts says the step that fits, so it stands as a sentence of its own.
 */
export const mendingStep = "Take the fix where the search found one, or calibrate anew.";

const nonFiniteNext = "Correct the samples or the model: it gives such values before anything is quantised.";

const pass = (sentence: string, next = nothingToDo): Reason => ({ kind: "pass", exit: exitCodes.pass, sentence, next });
const regression = (sentence: string, next: string): Reason => ({ kind: "regression", exit: exitCodes.regression, sentence, next });
const undecided = (sentence: string, next: string): Reason => ({ kind: "undecided", exit: exitCodes.undecided, sentence, next });

export const reasons = {
  "within-limits": pass("Every judged tensor meets its limits."),
  waived: pass("Tensors beyond their limits are waived.", "Correct what is waived, or renew the waivers, before their end dates."),
  "no-model-changed": pass("No model that the configuration names was changed."),
  removed: pass("The change deletes the model."),
  "nothing-needed": pass("The candidate passes without any unit in higher precision."),

  "keep-mismatch": undecided(
    "The keep file names units that the model does not have quantised.",
    "Make it anew for this model: `trt-gate fix report.json --format keep`.",
  ),
  "limit-exceeded": regression("An output is beyond a fail limit.", mendingStep),
  "part-limit-exceeded": regression(
    "A part of an output is beyond a fail limit.",
    `Look at this part, which the figure over the whole output can hide. ${mendingStep}`,
  ),
  "samples-within": regression(
    "Too few samples meet their output's limits by themselves.",
    `Look at the worst samples; a few loud ones carry the pooled figure (\`tolerance.samples-within\` says how many must meet the limits). ${mendingStep}`,
  ),
  "score-limit-exceeded": regression(
    "The score behind a probability output is beyond a fail limit.",
    `Probabilities, saturated or nearly the same in all samples, hide this error. ${mendingStep}`,
  ),
  "layer-limit-exceeded": regression(
    "A layer that a pattern names is beyond its fail limit.",
    "Look at this layer, or relax its pattern in `tolerance.tensors`.",
  ),
  "baseline-drop": regression(
    "An output, or a part of one, is worse than the base commit's by more than the allowed drop.",
    `Put back what the change did to the model, the data or the cache. ${mendingStep}`,
  ),
  "baseline-unjudged": undecided(
    "An allowed drop against the base (`tolerance.baseline`) was not judged, although there is a base.",
    "Mend what kept it from being judged, or leave `tolerance.baseline` out for this change.",
  ),
  "nonfinite-candidate": regression(
    "The candidate holds NaN or infinite values where the reference has numbers.",
    `Look for overflow in the layer in which they begin. ${mendingStep}`,
  ),
  latency: regression(
    "The candidate meets its limits but is slower than `latency.max-slowdown-vs-reference` allows.",
    "Ship the reference precision, or keep fewer and neighbouring units: each border between precisions costs a conversion.",
  ),
  "task-drop": regression(
    "The task's own metric fell by more than `max-drop`.",
    "Calibrate anew, or set limits that the outputs miss: the search for units works on outputs alone.",
  ),

  "nothing-compared": undecided(
    "No tensor was compared.",
    "Give both sides the model's outputs under the same names; `trt-gate compare --map` joins different ones.",
  ),
  "no-models": undecided("There is no model to check.", "Name models in the configuration or in the `models` input."),
  "no-samples": undecided("There is no sample to compare.", "Give validation data."),
  "limit-in-interval": undecided(
    "The limit lies so far inside a passing figure's interval that these samples do not rule out a model clearly beyond it.",
    "Give the number of validation samples that the message names, with `validation.max-samples` raised to it; without a number there, mend the accuracy.",
  ),
  "validation-is-calibration": undecided(
    "More than half of the validation samples calibrated the model.",
    "Give other validation samples, or set `validation.overlap: allowed` where the calibration set is all there is.",
  ),
  "no-limits": undecided("No limit applies to what was compared.", "Set a limit in `tolerance`."),
  "output-missing": undecided(
    "A final output of the model is on one side only, or on none.",
    "Save the model's outputs on both sides, under the same names; `trt-gate compare --map` joins different ones.",
  ),
  coverage: undecided(
    "Fewer of the reference's outputs were compared than `min-coverage` asks.",
    "Save the same tensors on both sides, or lower `min-coverage`.",
  ),
  "shape-mismatch": undecided("The sides have different shapes.", "Compare outputs of the same inputs and the same model."),
  "type-mismatch": undecided(
    "An output is float on one side and an 8-bit integer on the other.",
    "End the quantised model in a DequantizeLinear, so that its output is float too.",
  ),
  "data-dependent-size": undecided(
    "The size of an output depends on the values, and the sides found different numbers of entries: that difference is the loss.",
    "Compare what the model computes before it selects (boxes and scores before NMS): make those tensors outputs, or give a `task`.",
  ),
  "empty-tensor": undecided("An output has no elements.", "Give samples, or `shapes`, for which it has some."),
  "unequal-samples": undecided("The sides have different numbers of samples.", "Run both sides on the same inputs."),
  "nonfinite-reference": undecided("The reference holds NaN or infinite values.", nonFiniteNext),
  "nonfinite-both": undecided("Both sides hold NaN or infinite values.", nonFiniteNext),
  "metric-unavailable": undecided(
    "A limit names a metric that this tensor cannot have.",
    "Take the limit off this tensor: agreement metrics are for class vectors or NCHW maps.",
  ),
  "not-a-number": undecided(
    "A judged figure is not a number.",
    "Run the reproduction of the report, then look at the tensor's values with `trt-gate inspect`.",
  ),
  "no-latency": undecided(
    "The entry limits latency, and the engines gave no times.",
    "Correct what kept the engines from being timed, or leave `latency.max-slowdown-vs-reference` out.",
  ),
  "int8-not-used": undecided(
    "The builder ran fewer compute layers in INT8, or the type that their Q/DQ asks for, than `tensorrt.min-int8-share` asks.",
    "Ship the reference engine where it is faster, quantise by a Q/DQ model, which leaves the builder no choice, or lower `min-int8-share`.",
  ),
  "inside-guard": undecided(
    "Builds of one engine disagree, or lie closer to a limit than `guard-db` (`ship: rebuild`).",
    "Ship the engine that was judged (`ship: engine`), use more samples, or move the limit.",
  ),
  "premise-fails": undecided(
    "The all-float engine fails the limits too.",
    "Relax the limits: they are tighter than the reference precision allows.",
  ),

  cancelled: undecided("The run was cancelled.", "Start it again."),
  unfinished: undecided(
    "The run ended before the model was judged: it was killed, or the gate failed.",
    "Start it again; the last lines of its log say where it ended.",
  ),
  timeout: undecided("A phase took longer than its limit.", "Raise `timeout-minutes`, or give fewer samples."),
  "tool-killed": undecided(
    "A tool was killed by a signal that the gate did not send.",
    "Use a runner with more memory, or give fewer samples at a time: the kernel's log says whether memory ran out.",
  ),
  "tool-failed": undecided("A tool failed.", "Correct what the tool's last lines name; the report has them."),
  "no-result": undecided(
    "A tool ended well but left no result.",
    "Correct what the tool's last lines name, and check that its folder can be written.",
  ),
  "file-system": undecided(
    "The machine failed to read or write a file.",
    "Check the runner's disk and its limit of open files, then run again.",
  ),
  "bad-dump": undecided("A saved file is damaged or of a refused kind.", "Save it again."),
  "worker-failed": undecided(
    "The TensorRT worker stopped answering.",
    "Run `trt-gate doctor`, and correct what the worker's last lines name.",
  ),
  "loader-failed": undecided("The data loader failed.", "Run it by hand: `load_data()` must yield {input: array}."),
  "task-failed": undecided("The task's command failed or printed no metric.", "Run it by hand with TRT_GATE_SIDE=reference."),
  "calibration-truncated": undecided(
    "Calibration consumed fewer batches than there are samples.",
    "Give calibration samples of the shapes that the model takes.",
  ),
  "parse-failed": undecided("TensorRT could not parse the model.", "Correct the export of what the message names."),
  "plugin-failed": undecided("A plugin library could not be loaded.", "Build it for this machine, this CUDA and this TensorRT."),
  "build-failed": undecided(
    "TensorRT could not build the engine.",
    "Keep what the message names in higher precision, or try another version of TensorRT.",
  ),
  "precision-not-applied": undecided(
    "The engine's layers do not run in the precision that was asked for.",
    "Check the cache and the model's types: the report has the executed precisions.",
  ),
  "lane-unavailable": undecided(
    "The lane that was asked for is not available on this machine.",
    "Run `trt-gate doctor`, or use `lane: auto`.",
  ),
  "gpu-oom": undecided("The GPU ran out of memory.", "Free the GPU, or mark fewer tensors at a time."),
  "gpu-busy": undecided("Another process holds the GPU.", "Wait for it, or use another runner."),
  "gpu-faulty": undecided("The GPU reports faults.", "Take this runner out of service."),
  "disk-full": undecided("The disk is full.", "Free space on the runner."),
  "out-of-memory": undecided("The machine ran out of memory.", "Use a larger runner, or fewer samples at a time."),
  "engine-mismatch": undecided(
    "TensorRT refused a plan that `engine` names: it is damaged, of another version, or for another GPU.",
    "Build it in this job, or leave it out of `engine`.",
  ),
  "stale-cache": undecided(
    "The calibration cache does not belong to this model or this TensorRT.",
    "Calibrate anew, or give `quantization.data` so that the gate can.",
  ),
  "git-failed": undecided("The change could not be read from git.", "Check the checkout step: fetch-depth, and that git is on the path."),
  "config-not-on-base": undecided(
    "The base commit has no configuration, and this event may not bring its own.",
    "Merge the configuration first.",
  ),
  "share-missing": undecided("A part of the models never reported.", "Start the job again that should have checked them."),
  "unsupported-type": undecided(
    "An input, an output or a product of the model has a type that this lane cannot take.",
    "Use a lane that takes it, or export the model with float32 there.",
  ),
  "quantization-form": undecided(
    "The model is quantised in a form that no Q/DQ nodes express.",
    "Export it with static quantisation in QDQ form, or give the float model and let the gate quantise it.",
  ),
  "compute-in-bodies": undecided(
    "Half or more of the compute nodes lie inside bodies of If, Loop or Scan and stayed in float: what INT8 does to them is not known.",
    "Export the model without control flow, or give a cache with scales of their inputs.",
  ),
  "compute-in-float": undecided(
    "Half or more of the compute nodes are of kinds that the gate does not quantise (LSTM, Einsum, attention in one node …) or lie inside bodies, and stayed in float: what INT8 does to them is not known.",
    "Export them as Conv, Gemm or MatMul outside of control flow.",
  ),
  "activation-unknown": undecided(
    "Quantisers cut off much of what the model's own float form computes: a Relu or Clip that the exporter left out would, and so would a range that is too small. The file does not say which.",
    "Give the float model as `path` and the quantised one as `quantization: {qdq: …}`.",
  ),
  "unknown-operator": undecided(
    "The model uses an operator that this lane does not have.",
    "Use the lane `implicit` or `explicit` for a TensorRT plugin (`tensorrt.plugins`); for anything else, check the export.",
  ),
  "runtime-failed": undecided("ONNX Runtime refused the model.", "Correct the export of what the message names, or use another lane."),
  configuration: {
    ...undecided("The configuration, the model or its data are wrong.", "Correct what the message names."),
    exit: exitCodes.configuration,
  },
  "untrusted-model": {
    ...undecided("The model or its data are not trusted.", "A maintainer looks at what the message names."),
    exit: exitCodes.trust,
  },
  internal: {
    ...undecided(
      "The gate failed with an error of its own; the other models were judged.",
      "Report it with the stack in the log: it is a bug of the gate.",
    ),
    exit: exitCodes.bug,
  },
  failed: undecided("The model could not be checked.", "Correct what the message names."),
} satisfies Record<string, Reason>;

export type ReasonCode = keyof typeof reasons;

/** An unknown code (a tool's own word) reads as `tool-failed`: never as a pass. */
export function reasonOf(code: string): Reason {
  const known: Readonly<Record<string, Reason | undefined>> = reasons;
  return (Object.hasOwn(reasons, code) ? known[code] : undefined) ?? reasons["tool-failed"];
}

export interface FailureClass {
  readonly failure: string;
  readonly who: string;
  readonly exit: Exclude<ExitCode, typeof exitCodes.pass | typeof exitCodes.regression>;
}

/** Errors that end a run without a verdict, by who must act. */
export const failureClasses: readonly FailureClass[] = [
  { failure: "ConfigError", who: "the author of the configuration or of the command line", exit: exitCodes.configuration },
  { failure: "FileError", who: "whoever made the file (4 where a tool wrote it in this run)", exit: exitCodes.configuration },
  { failure: "TrustError", who: "the maintainer", exit: exitCodes.trust },
  { failure: "ToolError", who: "the runner's owner", exit: exitCodes.undecided },
  { failure: "anything else", who: "us: it is a bug of the gate", exit: exitCodes.bug },
];
