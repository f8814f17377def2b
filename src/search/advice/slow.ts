/** Accuracy is fine but time is not: an INT8 engine, or a fix, that is no faster than the reference. */
import type { Advice } from "../search.ts";
import type { AdviceFacts } from "./facts.ts";

export function slow({ latency, accurate }: AdviceFacts): Advice | undefined {
  if (!latency || !(latency.referenceMs > 0)) return undefined;
  const { referenceMs, candidateMs, fixedMs } = latency;
  const judged = fixedMs ?? (accurate === true ? candidateMs : undefined);
  if (judged === undefined || !(judged >= referenceMs)) return undefined;
  const what = fixedMs === undefined ? "The INT8 engine" : "The engine with the kept units";
  return {
    rule: "slow",
    text: `${what} takes ${judged.toFixed(3)} ms, the reference ${referenceMs.toFixed(3)} ms. Ship the reference precision, or keep whole neighbouring blocks (group: block) to save conversions.`,
    evidence: { referenceMs, judgedMs: judged, slowdown: judged / referenceMs },
  };
}
