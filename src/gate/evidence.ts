/**
 * How much a pass is worth: a pass on few samples, on copies of one, or on those that calibrated the model, says little. Qualifies a pass; a regression or
 * an undecided result stays what it is.
 */

import { plural } from "../model/plural.ts";
import { type Caveat, caveats } from "./caveats.ts";
import { capitalized } from "./messages.ts";
import { reasonOf } from "./reasons.ts";
import type { Verdict } from "./verdict.ts";

export interface Evidence {
  readonly samples: number;
  /** Samples that differ in content; undefined where only their outputs are known. */
  readonly distinct: number | undefined;
  /** Samples that are also calibration samples; undefined where the calibration samples are not known. */
  readonly inCalibration: number | undefined;
  /** Samples that are random numbers of the gate's own; 0 where none is known to be. */
  readonly madeUp?: number;
  /** `validation.overlap: allowed`. */
  readonly isOverlapAllowed: boolean;
}

/** Fewer distinct samples than these show gross errors only. */
export const fewSamples = 16;

/** The weakness of a set without a single sample of real use. */
export const allMadeUp = "all samples are made-up random numbers";

/** What is weak about it, a clause each; empty for good evidence. */
export function weaknesses({ samples, distinct = samples, inCalibration = 0, madeUp = 0, isOverlapAllowed }: Evidence): string[] {
  return [
    ...(madeUp > 0 ? [madeUp === samples ? allMadeUp : `${madeUp} of ${plural(samples, "sample")} are made-up random numbers`] : []),
    ...(distinct < samples ? [`only ${distinct} of ${plural(samples, "sample")} ${distinct === 1 ? "is" : "are"} distinct`] : []),
    ...(distinct < fewSamples ? [`${plural(distinct, "sample")} ${distinct === 1 ? "is" : "are"} fewer than ${fewSamples}`] : []),
    ...(inCalibration > 0 && !isOverlapAllowed
      ? [
          `${inCalibration} of ${plural(samples, "sample")} ${inCalibration === 1 ? "is a calibration sample" : "are calibration samples"} too`,
        ]
      : []),
  ];
}

/** The caveat of weak evidence; undefined for good evidence. */
export function evidenceCaveat(evidence: Evidence): Caveat | undefined {
  const weak = weaknesses(evidence);
  if (weak.length === 0) return undefined;
  return { reason: "weak-evidence", message: `${capitalized(weak.join(", "))}. ${caveats["weak-evidence"].next}` };
}

/** A pass on mostly calibration samples is undecided. */
export function withEvidence(verdict: Verdict, { samples, inCalibration = 0, isOverlapAllowed }: Evidence): Verdict {
  if (verdict.kind !== "pass" || inCalibration * 2 <= samples || isOverlapAllowed) return verdict;
  const { kind, next } = reasonOf("validation-is-calibration");
  const sentence = `${inCalibration} of ${plural(samples, "validation sample")} are calibration samples: a model is always good at those.`;
  return { kind, reason: "validation-is-calibration", message: `${sentence} ${next}` };
}
