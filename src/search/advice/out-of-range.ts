/** Validation shows values that the scales cannot represent: the calibration samples were not like those of use. */
import type { Advice } from "../outcome.ts";
import type { AdviceFacts } from "./facts.ts";
import { movedFar } from "./moved-scales.ts";

/** Percentile and entropy clip on purpose, min-max never should: a tensor counts from this ratio on. */
const CLIPPED_RATIO = 1.25;
const NAMED = 3;

/**
 * Undefined where no tensor goes beyond its range by more than `CLIPPED_RATIO`, and where ranges are unknown. A scale that this change moved is another
 * rule's: more samples would not mend it.
 */
export function outOfRange({ calibration, moved }: AdviceFacts): Advice | undefined {
  const shifted = movedFar(moved);
  const beyond = (calibration?.ranges ?? [])
    .filter(({ tensor }) => !shifted.has(tensor))
    .filter(({ ratio }) => ratio > CLIPPED_RATIO)
    .toSorted((a, b) => b.ratio - a.ratio);
  const worst = beyond[0];
  if (!worst || !calibration) return undefined;
  const named = beyond.slice(0, NAMED).map(({ tensor, ratio }) => `${tensor} (${ratio.toFixed(1)} times)`);
  return {
    rule: "out-of-range",
    text: `Validation goes beyond the calibrated range at ${beyond.length} of ${calibration.ranges?.length ?? 0} tensors, most at ${named.join(", ")}. Add samples like those of validation to the calibration data.`,
    evidence: {
      beyond: beyond.length,
      tensor: worst.tensor,
      ratio: worst.ratio,
      seenAmax: worst.seenAmax,
      calibratedAmax: worst.calibratedAmax,
    },
  };
}
