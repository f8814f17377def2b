/**
 * What a figure does not say although it is right: stands in the verdict's sentence, in headline, comment and report, so that no pass with one reads as
 * an unqualified one. The one table of them; docs/verdicts.md is written from it.
 */
import type { Verdict } from "./verdict.ts";

interface CaveatRow {
  /** What is not known, without the values of the case. */
  readonly sentence: string;
  readonly next: string;
}

export const caveats = {
  "weight-error-unseen": {
    sentence: "Weights are stored as integers and the float model is not given: only the error of the activations was measured.",
    next: "Give the float model as `path` and the quantised one as `quantization: {qdq: …}`.",
  },
  "activation-assumed": {
    sentence: "A quantiser's range ends where a Relu or Clip would: the reference has one there, which the exporter must have left out.",
    next: "Give the float model as `path` and the quantised one as `quantization: {qdq: …}`.",
  },
  "not-for-tensorrt": {
    sentence: "TensorRT refuses this model: the figures are of a form that only ONNX Runtime takes.",
    next: "Export it as the message says.",
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
  message: [verdict.message, ...found.map(({ reason, message }) => `Caveat (${reason}): ${message}`)].join(" "),
});
