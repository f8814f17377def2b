/** Samples far beyond what the model's input was calibrated for: they are prepared differently, and no unit in higher precision mends that. */
import type { Advice } from "../outcome.ts";
import type { AdviceFacts } from "./facts.ts";
import { movedFar } from "./moved-scales.ts";

/** Calibration leaves out less than that, and by less: another normalisation (0..255 for 0..1) is far beyond both. */
const leastShare = 0.1;
const leastRatio = 2;

export const inputRangeRule = "input-range";

/** The input that is farthest beyond. Undefined where none is, and of an input whose scale this change moved: that is another rule's. */
export function inputRange({ calibration, moved }: AdviceFacts): Advice | undefined {
  const shifted = movedFar(moved);
  const [worst] = (calibration?.inputs ?? [])
    .filter(({ tensor, ratio, share }) => !shifted.has(tensor) && share >= leastShare && ratio >= leastRatio)
    .toSorted((a, b) => b.ratio - a.ratio);
  if (worst === undefined) return undefined;
  const { tensor, share, seenAmax, calibratedAmax } = worst;
  return {
    rule: inputRangeRule,
    text: `Check how the samples are prepared: ${digits(100 * share)} % of the values of the input "${tensor}" lie beyond its calibrated range (up to ${digits(seenAmax)}, calibrated for ${digits(calibratedAmax)}). Scale and normalise them as for calibration; if they are right, calibrate anew with samples like them.`,
    evidence: { tensor, share, seenAmax, calibratedAmax },
  };
}

const digits = (value: number): number => Number(value.toPrecision(3));
