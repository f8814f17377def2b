/** The scales were made for another state of the model, or do not cover it. */
import type { Advice } from "../outcome.ts";
import type { AdviceFacts } from "./facts.ts";

/** Undefined where hash and time fit and every input of a compute node has a scale. */
export function staleCache({ calibration }: AdviceFacts): Advice | undefined {
  const missing = calibration?.missingScales?.length ?? 0;
  const newerHours = calibration?.stale?.modelNewerHours ?? 0;
  const differs = calibration?.stale?.hashDiffers === true;
  if (missing === 0 && !(newerHours > 0) && !differs) return undefined;
  const reasons = [
    ...(differs ? ["it was made for a model of another hash"] : []),
    ...(newerHours > 0 ? [`the model is ${newerHours.toFixed(1)} hours newer`] : []),
    ...(missing > 0 ? [`${missing} inputs of compute nodes have no scale, the first is ${calibration?.missingScales?.[0]}`] : []),
  ];
  return {
    rule: "stale-cache",
    text: `The calibration cache does not fit the model: ${reasons.join("; ")}. Calibrate again.`,
    evidence: { missingScales: missing, modelNewerHours: newerHours, hashDiffers: differs ? "yes" : "no" },
  };
}
