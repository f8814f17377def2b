/** Limits of the configuration, other than those against the base, that judged nothing: most likely a renamed layer or a typo, and a limit that guards nothing. */
import type { Measurement } from "../measure/measurement.ts";
import { type Caveat, caveats } from "./caveats.ts";
import { unusedPatterns } from "./limits.ts";
import type { Finding, Tolerance } from "./verdict.ts";

export interface LimitFacts {
  readonly tolerance: Tolerance;
  readonly findings: readonly Finding[];
  /** Outputs, and layers where they were measured. */
  readonly measurements: readonly Measurement[];
  /** Patterns may be meant for another of these. */
  readonly sharesEntry: boolean;
  /** The configuration itself limits the share of samples. */
  readonly limitsSamples: boolean;
}

/** A clause each; empty where all were judged. */
export function unjudgedLimits({ tolerance, findings, measurements, sharesEntry, limitsSamples }: LimitFacts): string[] {
  const judged = (of: Finding["of"]) => findings.some((finding) => finding.of === of && finding.level !== "unjudged");
  const names = measurements.flatMap(({ tensor, parts = [] }) => [tensor, ...parts.flatMap(({ part }) => part?.name ?? [])]);
  const patterns = sharesEntry ? [] : unusedPatterns(names, tolerance);
  return [
    ...patterns.map((pattern) => `the pattern "${pattern}" of \`tolerance.tensors\` names nothing that was measured`),
    ...(Object.keys(tolerance.score).length > 0 && !findings.some(isOwnScore(tolerance))
      ? ["`tolerance.score` found no probabilities (no output ends in Softmax or Sigmoid)"]
      : []),
    ...(limitsSamples && !judged("samples")
      ? ["`tolerance.samples-within` found no two samples that have limits and something to lose"]
      : []),
  ];
}

/** Other findings of scores warn of what they hide. */
const isOwnScore =
  ({ score }: Tolerance) =>
  ({ of, metric }: Finding): boolean =>
    of === "score" && metric !== undefined && score[metric] !== undefined;

/** Of a pass; undefined where every limit was judged. */
export function unjudgedCaveat(facts: LimitFacts): Caveat | undefined {
  const [first, ...more] = unjudgedLimits(facts);
  if (first === undefined) return undefined;
  const others = more.length === 0 ? "" : ` (and ${more.length} more, see the warnings)`;
  return { reason: "limit-unjudged", message: `A limit judged nothing: ${first}${others}. ${caveats["limit-unjudged"].next}` };
}
