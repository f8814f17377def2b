/** Accuracy is fine but time is not: a quantised engine, or a fix, that is no faster than the reference, or than the user asks. */
import type { Advice } from "../outcome.ts";
import type { AdviceFacts } from "./facts.ts";

/** Undefined where nothing was timed, where the accuracy is not met, and where the limit, or without one the reference, is not exceeded. */
export function slow({ latency, accurate }: AdviceFacts): Advice | undefined {
  const { referenceMs = 0, candidateMs, fixedMs, isFaster, maxSlowdown } = latency ?? {};
  const judged = fixedMs ?? (accurate === true ? candidateMs : undefined);
  if (judged === undefined || !(referenceMs > 0)) return undefined;
  const isSlow = maxSlowdown === undefined ? !(isFaster ?? judged < referenceMs) : judged > maxSlowdown * referenceMs;
  if (!isSlow) return undefined;
  const what = fixedMs === undefined ? "The quantised engine" : "The engine with the kept units";
  return {
    rule: "slow",
    text: `${what} takes ${judged.toFixed(3)} ms, the reference ${referenceMs.toFixed(3)} ms (${(judged / referenceMs).toFixed(2)} times as long). Ship the reference precision, or keep whole neighbouring blocks (group: block) to save conversions.`,
    evidence: { referenceMs, judgedMs: judged, slowdown: judged / referenceMs },
  };
}
