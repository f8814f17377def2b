/**
 * Limits against the base that judged nothing. Where a base is there and could not be judged a pass is undecided; where there is none at all, or nothing on it
 * to compare with, a pass says so as a caveat. Other verdicts stand.
 */
import type { Measurement } from "../measure/measurement.ts";
import { type MetricName, metricNames, metrics as table } from "../measure/metrics.ts";
import { type Caveat, caveats } from "./caveats.ts";
import { counterpart, judgedParts } from "./parts.ts";
import { reasonOf } from "./reasons.ts";
import type { BaselineFigures } from "./tensor-findings.ts";
import type { Tolerance, Verdict } from "./verdict.ts";

/** Why there are no figures of the base. */
export interface BaselineGap {
  /** `none`: there is no base commit, or the model is new. `unusable`: there is a base, and it gave no figures. */
  readonly kind: "none" | "unusable";
  /** A clause, or whole sentences. */
  readonly why: string;
}

export interface BaselineFacts {
  readonly tolerance: Pick<Tolerance, "baseline" | "parts">;
  readonly measurements: readonly Measurement[];
  /** The base's figures by output; absent with a `gap`. */
  readonly baseline?: ReadonlyMap<string, BaselineFigures> | undefined;
  readonly gap?: BaselineGap | undefined;
}

/** A pass is undecided where a base that is there did not judge a limit against it. */
export function withBaselineLimits(verdict: Verdict, facts: BaselineFacts): Verdict {
  const open = verdict.kind === "pass" ? gapsOf(facts).find(({ kind }) => kind === "unusable") : undefined;
  if (open === undefined) return verdict;
  const { kind, next } = reasonOf("baseline-unjudged");
  return { kind, reason: "baseline-unjudged", message: `${sentence(open)} ${next}` };
}

/** Of a pass; undefined where every limit against the base was judged, or none is set. */
export function baselineCaveat(facts: BaselineFacts): Caveat | undefined {
  const open = gapsOf(facts).find(({ kind }) => kind === "none");
  return open && { reason: "no-baseline", message: `${sentence(open)} ${caveats["no-baseline"].next}` };
}

const sentence = ({ why }: BaselineGap): string =>
  `The allowed drop against the base (\`tolerance.baseline\`) was not judged: ${why.replace(/\.$/, "")}.`;

function gapsOf({ tolerance, measurements, baseline, gap }: BaselineFacts): readonly BaselineGap[] {
  const wanted = metricNames.filter((name) => tolerance.baseline[name] !== undefined);
  if (wanted.length === 0) return [];
  if (baseline === undefined) return [gap ?? { kind: "unusable", why: "the base has no figures" }];
  const outputs = measurements.filter(({ role, fault }) => role === "output" && fault === undefined);
  const isRenamed = baseline.keys().some((name) => !outputs.some(({ tensor }) => tensor === name));
  const unknown = wanted.filter((metric) => !outputs.some(({ metrics }) => metrics[metric] !== undefined));
  return [
    ...unknown.map((metric): BaselineGap => ({ kind: "unusable", why: `no output has ${table[metric].label}` })),
    ...outputs.flatMap((output) => outputGaps(output, baseline.get(output.tensor), { wanted, isRenamed })),
    ...(tolerance.parts === "off" ? [] : outputs.flatMap((output) => partGaps(output, baseline.get(output.tensor)))),
  ];
}

interface Wanted {
  readonly wanted: readonly MetricName[];
  /** The base has an output that this model has not: it may be the same under another name. */
  readonly isRenamed: boolean;
}

function outputGaps({ tensor, metrics }: Measurement, before: BaselineFigures | undefined, { wanted, isRenamed }: Wanted): BaselineGap[] {
  if (before === undefined) return [{ kind: isRenamed ? "unusable" : "none", why: `the base's model has no output "${tensor}"` }];
  // Nothing is worse than a candidate without numbers.
  if (before.fault === "nonfinite-candidate") return [];
  return wanted
    .filter((metric) => metrics[metric] !== undefined && !isNumber(before.metrics[metric]))
    .map((metric) => ({ kind: "unusable", why: `${table[metric].label} of "${tensor}" is no number on the base` }));
}

/** The whole output is held against the base all the same. */
function partGaps(output: Measurement, before: BaselineFigures | undefined): BaselineGap[] {
  if (before === undefined) return [];
  return judgedParts(output).flatMap(({ part }): BaselineGap[] =>
    part === undefined || counterpart(part, before.parts ?? [], (one) => one.part) !== undefined
      ? []
      : [{ kind: "none", why: `"${output.tensor}" has no part "${part.name}" on the base` }],
  );
}

const isNumber = (value: number | undefined): boolean => value !== undefined && !Number.isNaN(value);
