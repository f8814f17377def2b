/** The search ended without a short list: single layers are not the cause, or the limit is tighter than INT8 allows. */
import type { Advice } from "../outcome.ts";
import type { AdviceFacts } from "./facts.ts";

const unsolved = new Set(["diffuse", "budget", "none", "not-confirmed"]);

export function notConverging({ search, limitDb }: AdviceFacts): Advice | undefined {
  if (!search || !unsolved.has(search.outcome) || search.probes === 0) return undefined;
  const { outcome, probes, units, plainDb } = search;
  const gap = plainDb === undefined || limitDb === undefined ? "" : ` (plain INT8: ${plainDb.toFixed(1)} dB, limit ${limitDb} dB)`;
  return {
    rule: "not-converging",
    text: `${probes} probes over ${units} units ended as '${outcome}'${gap}. Loosen the limits if the application allows, else train with quantisation (QAT).`,
    evidence: { outcome, probes, units, ...(plainDb === undefined ? {} : { plainDb }), ...(limitDb === undefined ? {} : { limitDb }) },
  };
}
