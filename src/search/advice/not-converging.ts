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
export function notConverging({ search }: AdviceFacts): Advice | undefined {
  const ending = unsolved.get(search?.outcome ?? "found");
  if (!search || ending === undefined || search.probes === 0) return undefined;
  const { outcome, probes, units, missed, settles } = search;
  const gap = missed === undefined ? "" : ` (nothing kept: ${missed})`;
  const step = settles ?? "Loosen the limits if the application allows, else train with quantisation (QAT).";
  return {
    rule: "not-converging",
    text: `${plural(probes, "probe")} over ${plural(units, "unit")} ${ending}${gap}. ${step}`,
    evidence: { outcome, probes, units },
  };
}
