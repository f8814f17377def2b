/** One scale for all output channels of a weight whose channels differ: most of them then use few of the steps that INT8 has. */
import type { Advice } from "../outcome.ts";
import type { AdviceFacts } from "./facts.ts";

/** From this ratio of the widest channel to the middle one on, the middle one loses two of its eight bits (12 dB). */
const WIDE = 4;

/** Undefined where no weight's widest channel is `WIDE` times its middle one. */
export function weightChannels({ weights = [] }: AdviceFacts): Advice | undefined {
  const wide = weights.filter(({ ratio }) => ratio >= WIDE).toSorted((a, b) => b.ratio - a.ratio);
  const worst = wide[0];
  if (worst === undefined) return undefined;
  const ratio = worst.ratio.toFixed(0);
  return {
    rule: "weight-channels",
    text: `In ${wide.length} of ${weights.length} units one scale serves all output channels of a weight whose widest channel is ${WIDE} times the middle one or more (worst: ${worst.node}, ${ratio} times). Quantise weights per channel.`,
    evidence: { wide: wide.length, weights: weights.length, node: worst.node, ratio: worst.ratio },
  };
}
