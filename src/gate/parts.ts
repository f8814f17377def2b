/** Which parts of an output have something to lose. Judges none. */
import type { Measurement } from "../measure/measurement.ts";

/** A part whose values on both sides are this much smaller than the output's largest is silent: its ratio of energies says nothing. */
const silence = 2 ** -20;

/** Parts of an output, without those that are silent on both sides. Empty where the graph shows no parts. */
export const judgedParts = (output: Measurement): readonly Measurement[] =>
  (output.parts ?? []).filter((part) => part.kind === "index" || largest(part) > silence * largest(output));

const largest = ({ reference, candidate }: Measurement): number =>
  Math.max(...[reference.min, reference.max, candidate.min, candidate.max].map(Math.abs).filter((value) => !Number.isNaN(value)), 0);
