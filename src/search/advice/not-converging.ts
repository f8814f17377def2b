/** The search ended without a short list: single layers are not the cause, or the limit is tighter than the quantisation allows. */

import { plural } from "../../model/plural.ts";
import type { Advice, OutcomeKind } from "../outcome.ts";
import type { AdviceFacts } from "./facts.ts";

const unsolved: ReadonlyMap<OutcomeKind, string> = new Map([
  ["diffuse", "found the error spread over many of them"],
  ["budget", "used up the budget without a set that is sure to be enough"],
  ["none", "found no set that is enough"],
  ["not-confirmed", "found no set that is enough on fresh samples too"],
]);

/** Undefined where the search found a set or asked no probe. */
export function notConverging({ search, limitDb }: AdviceFacts): Advice | undefined {
  const ending = unsolved.get(search?.outcome ?? "found");
  if (!search || ending === undefined || search.probes === 0) return undefined;
  const { outcome, probes, units, plainDb } = search;
  // Where SQNR meets its own limit another one is missed, and the two figures would explain nothing.
  const gap =
    plainDb === undefined || limitDb === undefined || plainDb >= limitDb
      ? ""
      : ` (nothing kept: ${plainDb.toFixed(1)} dB, limit ${limitDb} dB)`;
  return {
    rule: "not-converging",
    text: `${plural(probes, "probe")} over ${plural(units, "unit")} ${ending}${gap}. Loosen the limits if the application allows, else train with quantisation (QAT).`,
    evidence: { outcome, probes, units, ...(plainDb === undefined ? {} : { plainDb }), ...(limitDb === undefined ? {} : { limitDb }) },
  };
}
