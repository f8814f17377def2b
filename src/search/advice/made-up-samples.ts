/** A regression on random numbers alone: what a scale cuts off of them it may never meet in use, so real samples come before any unit in higher precision. */
import { plural } from "../../model/plural.ts";
import type { Advice } from "../outcome.ts";
import type { AdviceFacts } from "./facts.ts";

export const madeUpRule = "made-up-samples";

/** Undefined where any sample may be real, and where nobody knows. */
export function madeUpSamples({ validation }: AdviceFacts): Advice | undefined {
  if (validation === undefined || validation.samples === 0 || validation.madeUp < validation.samples) return undefined;
  const { samples } = validation;
  return {
    rule: madeUpRule,
    text: `Give real validation samples before anything is changed: this was measured on ${plural(samples, "random input")} that the gate made up, and scales that fit real use may fail on them.`,
    evidence: { samples },
  };
}
