/** The scales were made for another state of the model, or do not cover it. */
import type { Advice } from "../outcome.ts";
import type { AdviceFacts, CalibrationFacts } from "./facts.ts";

const rule = "stale-cache";

/** Undefined where the cache's note and time fit and every input of a compute node has a scale. */
export function staleCache({ calibration }: AdviceFacts): Advice | undefined {
  if (calibration?.renewal !== undefined) return renew(calibration.renewal);
  const missing = calibration?.missingScales?.length ?? 0;
  const newerHours = calibration?.stale?.modelNewerHours ?? 0;
  if (missing === 0 && !(newerHours > 0)) return undefined;
  const reasons = [
    ...(newerHours > 0 ? [`the model is ${newerHours.toFixed(1)} hours newer`] : []),
    ...(missing > 0 ? [`${missing} inputs of compute nodes have no scale, the first is ${calibration?.missingScales?.[0]}`] : []),
  ];
  return {
    rule,
    text: `The calibration cache does not fit the model: ${reasons.join("; ")}. Calibrate again.`,
    evidence: { missingScales: missing, modelNewerHours: newerHours },
  };
}

function renew({ why, command, renewedFrom }: NonNullable<CalibrationFacts["renewal"]>): Advice {
  const text =
    renewedFrom === undefined
      ? `${why}. Calibrate anew first: ${command}`
      : `${why}: the scales judged here were made anew from ${renewedFrom}. Renew the cache: ${command}`;
  return { rule, text, evidence: { command, why, judged: renewedFrom === undefined ? "cache" : "renewed" } };
}

/** It names the command that renews the cache. */
export const isRenewal = ({ rule: name, evidence }: Advice): boolean => name === rule && evidence.command !== undefined;
