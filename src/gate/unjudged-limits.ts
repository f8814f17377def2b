/** Limits of the configuration, other than those against the base, that judged nothing: most likely a renamed layer or a typo, and a limit that guards nothing. */
import type { Measurement } from "../measure/measurement.ts";
import { metricList } from "../measure/metrics.ts";
import { type Caveat, caveats } from "./caveats.ts";
import { unusedPatterns } from "./limits.ts";
import { matchesPattern } from "./pattern.ts";
import type { Finding, Tolerance } from "./verdict.ts";

export interface LimitFacts {
  readonly tolerance: Tolerance;
  readonly findings: readonly Finding[];
  /** Outputs, and layers where they were measured. */
  readonly measurements: readonly Measurement[];
  /** Keys of the tolerance block as its author wrote it: what defaults add may judge nothing. */
  readonly written: ReadonlySet<string>;
  /** Patterns and limits may be meant for another model of the same entry. */
  readonly sharesEntry: boolean;
  /** The configuration asks for INT8 layers of an engine that does not say what its layers run in. */
  readonly int8Unknown?: boolean;
}

/** A clause each; empty where all were judged. */
export function unjudgedLimits(facts: LimitFacts): string[] {
  const { tolerance, findings, written, sharesEntry, int8Unknown = false } = facts;
  const isJudged = (of: Finding["of"]) => findings.some((finding) => finding.of === of && finding.level !== "unjudged");
  return [
    ...(sharesEntry ? [] : [...patternClauses(facts), ...metricClauses(facts)]),
    ...(Object.keys(tolerance.score).length > 0 && !findings.some(isOwnScore(tolerance))
      ? ["`tolerance.score` found no probabilities (no output ends in Softmax or Sigmoid)"]
      : []),
    ...(written.has("samples-within") && !isJudged("samples")
      ? ["`tolerance.samples-within` found no two samples that have limits and something to lose"]
      : []),
    ...(int8Unknown ? ["`tensorrt.min-int8-share` is not known to hold: the engine does not say what its layers run in"] : []),
  ];
}

function patternClauses({ tolerance, findings, measurements }: LimitFacts): string[] {
  const names = measurements.flatMap(({ tensor, parts = [] }) => [tensor, ...parts.flatMap(({ part }) => part?.name ?? [])]);
  const unused = unusedPatterns(names, tolerance);
  const judgedBy = (pattern: string) =>
    findings.filter(({ tensor, part }) => [tensor, part].some((name) => name !== undefined && matchesPattern(pattern, name)));
  return tolerance.tensors.flatMap(({ pattern, limits }) => {
    if (unused.includes(pattern)) return [`the pattern "${pattern}" of \`tolerance.tensors\` names nothing that was measured`];
    const own = judgedBy(pattern);
    // One with wildcards may be meant for values of several kinds.
    if (/[*?]/.test(pattern)) return [];
    return metricList
      .filter(({ name, needs }) => needs !== "limits" && limits[name] !== undefined && !own.some(({ metric }) => metric === name))
      .map(({ word }) => `${word} of the pattern "${pattern}" of \`tolerance.tensors\` is no figure of what it names`);
  });
}

/** Limits of quantities where all outputs are indices, and the other way round. */
const metricClauses = ({ findings, written }: LimitFacts): string[] =>
  metricList
    .filter(
      ({ name, word, needs }) =>
        needs !== "limits" && written.has(word) && !findings.some(({ metric, of }) => metric === name && of === "tensor"),
    )
    .map(({ word }) => `\`tolerance.${word}\` is no figure of any output that the general limits are for`);

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
