/** Which parts of an output have something to lose, and which part of the base stands for which. Judges none. */
import type { Measurement } from "../measure/measurement.ts";

/** A part whose values on both sides are this much smaller than the output's largest is silent: its ratio of energies says nothing. */
const silence = 2 ** -20;

/** Parts of an output, without those that are silent on both sides. Empty where the graph shows no parts. */
export const judgedParts = (output: Measurement): readonly Measurement[] =>
  (output.parts ?? []).filter((part) => part.kind === "index" || largest(part) > silence * largest(output));

interface Place {
  readonly name: string;
  readonly where: string;
}

/**
 * What stood for `part` before: of its name and place, else of its name (another shape moves it), else the only one of its place (a new export renames it).
 * Undefined where nothing did.
 */
export function counterpart<T>(part: Place, before: readonly T[], placeOf: (one: T) => Place | undefined): T | undefined {
  const named = before.filter((one) => placeOf(one)?.name === part.name);
  const placed = before.filter((one) => placeOf(one)?.where === part.where);
  return named.find((one) => placed.includes(one)) ?? named[0] ?? (placed.length === 1 ? placed[0] : undefined);
}

const largest = ({ reference, candidate }: Measurement): number =>
  Math.max(...[reference.min, reference.max, candidate.min, candidate.max].map(Math.abs).filter((value) => !Number.isNaN(value)), 0);
