/**
 * What a figure does not say although it is right: stands in the verdict's sentence, in headline, comment and report, so that no pass with one reads as
 * an unqualified one. The one table of them; docs/verdicts.md is written from it.
 */
import { capitalized } from "./messages.ts";
import { nothingToDo } from "./reasons.ts";
import { withoutMean } from "./variation-findings.ts";
import type { Finding, Verdict } from "./verdict.ts";

interface CaveatRow {
  /** What is not known, without the values of the case. */
  readonly sentence: string;
  readonly next: string;
}

export const caveats = {
  "weight-error-unseen": {
    sentence: "Weights are stored quantised and the float model is not given: only the error of the activations was measured.",
    next: "Give the float model as `path` and the quantised one as `quantization: {qdq: …}`.",
  },
  "activation-assumed": {
    sentence: "A quantiser's range ends where a Relu or Clip would: the reference has one there, which the exporter must have left out.",
    next: "Give the float model as `path` and the quantised one as `quantization: {qdq: …}`.",
  },
  "bodies-in-float": {
    sentence:
      "Compute nodes inside bodies of If, Loop or Scan have no scale and stayed in float: the error that INT8 makes there was not measured.",
    next: "Export the model without control flow, or give a cache with scales of their inputs.",
  },
  "kinds-in-float": {
    sentence:
      "Compute nodes of kinds that the gate does not quantise (LSTM, Einsum, attention in one node …) stayed in float: the error that INT8 makes there was not measured.",
    next: "Export them as Conv, Gemm or MatMul, or give the Q/DQ model that is built (`quantization: {qdq: …}`).",
  },
  "not-for-tensorrt": {
    sentence: "TensorRT refuses this model: the figures are of a form that only ONNX Runtime takes.",
    next: "Export it as the message says.",
  },
  "read-as-int8": {
    sentence:
      "The model quantises to UINT8 without a zero point, which TensorRT takes and reads as INT8: it holds half of the range, and what lies above is cut off. The figures are those of UINT8.",
    next: "Export it with activation_type=QuantType.QInt8 and extra_options={'ActivationSymmetric': True}, or give every QuantizeLinear an INT8 zero point and twice the scale.",
  },
  "stale-scales": {
    sentence:
      "The cache was made for another version of the model, as its note says: its scales pass, and were not made for these weights.",
    next: "Calibrate anew with `trt-gate calibrate MODEL --data FILE -o CACHE`, and commit the cache with its note.",
  },
  "cache-renewed": {
    sentence:
      "The cache belongs to another version of the model or lacks scales, so that scales were made anew from the calibration data: the cache in the repository was not judged.",
    next: "Renew the cache with `trt-gate calibrate MODEL --data FILE -o CACHE`, and commit it with its note.",
  },
  "weak-evidence": {
    sentence: "The validation samples say little: they are few, made up, copies of each other, or calibration samples.",
    next: "Give at least 16 distinct validation samples of real use that did not calibrate the model.",
  },
  "not-certain": {
    sentence: "A figure meets its limit on these samples, and the limit lies inside its interval: more samples may show that it misses it.",
    next: "Give more validation samples of real use.",
  },
  "no-baseline": {
    sentence: "There is nothing on the base to compare with, so the allowed drop against it (`tolerance.baseline`) was not judged.",
    next: "Run it where there is a base: on a pull request, or with `base-ref` (`--changed-since`).",
  },
  "limit-unjudged": {
    sentence:
      "A limit of the configuration judged nothing: a pattern that names no tensor, or a limit of something that the outputs do not have.",
    next: "Correct it, or take it out.",
  },
  "samples-beyond": {
    sentence: "Some samples miss their output's limits by themselves, or by far, though most meet them.",
    next: "Look at the samples that are named, and calibrate with samples like them.",
  },
  "part-beyond": {
    sentence: "A part of an output misses the limits, and `tolerance.parts` only warns.",
    next: "Look at this part, which the figure over the whole output can hide.",
  },
  "entry-lost": {
    sentence: "An entry along an axis of an output (a channel, a column) is lost, while the output as a whole meets its limit.",
    next: "Find out what this entry holds; give it an output of its own, or join parts in the graph, so that it is judged.",
  },
  "value-lost": {
    sentence: "A class, or true, is hardly found where the other side has it: it is rare, and the share of all equal entries hides it.",
    next: "Look at this value: end the model before ArgMax, Hardmax or the comparison, and judge the scores.",
  },
  "variation-lost": {
    sentence: "An output meets its limit by its offset alone: what varies in it is lost, or it is one value throughout.",
    next: "Check that the samples reach what the output tells; end the model before its offset is added, or before its Softmax or Sigmoid.",
  },
  "score-lost": {
    sentence: "Probabilities meet their limit, but the score behind them is lost and their best classes change.",
    next: "Set `tolerance.score`, or a limit of `top1-agreement`, so that it is judged.",
  },
  "lost-since-base": {
    sentence: "A figure meets its limit, and its error is at least twice that of the base commit's model.",
    next: "Look at what changed; `tolerance.baseline` (`sqnr-db: {drop: 6}`) makes such a drop fail.",
  },
} satisfies Record<string, CaveatRow>;

export type CaveatCode = keyof typeof caveats;

export interface Caveat {
  readonly reason: CaveatCode;
  /** One sentence with the values of the case, then one with the next step. */
  readonly message: string;
}

/** The verdict with its caveats in its sentence. Kind and reason stay: a caveat decides nothing. */
export const withCaveats = (verdict: Verdict, found: readonly Caveat[]): Verdict => ({
  ...verdict,
  message: [
    found.length === 0 ? verdict.message : withoutEnd(verdict.message),
    ...found.map(({ reason, message }) => `Caveat (${reason}): ${message}`),
  ].join(" "),
});

const withoutEnd = (message: string): string => (message.endsWith(` ${nothingToDo}`) ? message.slice(0, -nothingToDo.length - 1) : message);

const isVariation = ({ of, part }: Finding): boolean => of === "entry" && part !== undefined && part.endsWith(withoutMean);

/** Warnings that a whole output's figure does not show; those of a `warn` limit on it stand in its own row. At most one of each kind, the worst. */
export function findingCaveats(findings: readonly Finding[]): Caveat[] {
  const warnings = findings.filter(({ level }) => level === "warn");
  const kinds: readonly (readonly [CaveatCode, Finding | undefined])[] = [
    ["samples-beyond", warnings.find(({ of }) => of === "samples")],
    [
      "part-beyond",
      warnings.find(({ of, part, margin = 0 }) => (of === "tensor" || of === "baseline") && part !== undefined && margin < 0),
    ],
    ["entry-lost", warnings.find((one) => one.of === "entry" && one.metric === "sqnrDb" && !isVariation(one))],
    ["variation-lost", warnings.find(isVariation)],
    ["score-lost", warnings.find(({ of, metric }) => of === "entry" && (metric === "top1Agreement" || metric === "argmaxAgreement"))],
    ["value-lost", warnings.find(({ of, metric }) => of === "entry" && metric === "agreement")],
  ];
  return kinds.flatMap(([reason, finding]) =>
    finding === undefined ? [] : [{ reason, message: `${capitalized(finding.message)} ${caveats[reason].next}` }],
  );
}
