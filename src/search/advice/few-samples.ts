/** Too few calibration samples for stable scales. A cache that does not tell its samples is not judged. */
import type { Advice } from "../outcome.ts";
import type { AdviceFacts } from "./facts.ts";

/** Undefined with `min-samples` or more, and where nobody knows. */
export function fewSamples({ calibration }: AdviceFacts): Advice | undefined {
  if (calibration?.samples === undefined || calibration.samples >= calibration.minSamples) return undefined;
  const { samples, minSamples, algorithm } = calibration;
  return {
    rule: "few-samples",
    text: `The scales (${algorithm}) come from ${samples} samples; ${minSamples} are asked for. Calibrate with more samples of the kind that the model meets in use.`,
    evidence: { samples, minSamples, algorithm },
  };
}
