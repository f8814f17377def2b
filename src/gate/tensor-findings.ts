/**
 * Judges one tensor: its limits, its score, its loss against the baseline, its waiver; of an output its parts, samples and entries too.
 * The verdict over all tensors is judge.ts.
 */
import type { Fault, Measurement } from "../measure/measurement.ts";
import { meets } from "../measure/metrics.ts";
import { type Check, checkDrops, checkLimits } from "./checks.ts";
import { entryFindings } from "./entry-findings.ts";
import type { JudgedFinding } from "./finding.ts";
import type { Level } from "./levels.ts";
import { limitsFor, samplesWithinFor } from "./limits.ts";
import { checkText, faultText, hiddenText } from "./messages.ts";
import { counterpart, judgedParts } from "./parts.ts";
import type { ReasonCode } from "./reasons.ts";
import { sampleFinding } from "./sample-findings.ts";
import { scoreFindings } from "./score-findings.ts";
import { valueFindings } from "./value-findings.ts";
import { variationFindings } from "./variation-findings.ts";
import type { Limits, Tolerance, Waiver } from "./verdict.ts";
import { waiverFor } from "./waivers.ts";

export type { JudgedFinding } from "./finding.ts";

/** What an output and its parts had on the base commit. */
export type BaselineFigures = Pick<Measurement, "metrics" | "parts" | "fault">;

export interface TensorRules {
  readonly tolerance: Tolerance;
  readonly waivers: readonly Waiver[];
  readonly today: string;
  readonly baseline: BaselineFigures | undefined;
}

/** Empty for a tensor that no limit names (a layer without a pattern, an injected pair). */
export function judgeTensor(measurement: Measurement, rules: TensorRules): JudgedFinding[] {
  const { tensor, role } = measurement;
  const { tolerance } = rules;
  const limits = limitsFor(measurement, tolerance);
  if (limits === undefined) return [];
  if (measurement.fault !== undefined) return [waive(faultFinding(measurement, measurement.fault), rules)];
  const checks = checksOf(measurement, limits, rules);
  const findings: JudgedFinding[] =
    checks.length === 0
      ? [{ tensor, of: "tensor", level: "unjudged", reason: "no-limits", message: `"${tensor}" has no limit.` }]
      : checks.map((check) => findingOf(measurement, check));
  if (role !== "output") return findings.map((finding) => waive(finding, rules));
  const more = [
    ...hiddenByScore(measurement, limits, tolerance),
    ...judgeParts(measurement, rules),
    ...sampleFinding(measurement, limits, samplesWithinFor(measurement, tolerance)),
    ...entryFindings(measurement, limits, tolerance.parts),
    ...valueFindings(measurement, limits),
    ...scoreFindings(measurement, limits),
    ...variationFindings(measurement, limits, tolerance.parts),
  ];
  return [...findings, ...more].map((finding) => waive(finding, rules));
}

function checksOf({ metrics, score, role }: Measurement, limits: Limits, { tolerance, baseline }: TensorRules): Check[] {
  const checks = checkLimits(metrics, limits, "tensor");
  if (role !== "output") return checks;
  if (score) checks.push(...checkLimits(score.metrics, tolerance.score, "score"));
  if (baseline) checks.push(...checkDrops(metrics, baseline.metrics, tolerance.baseline));
  return checks;
}

/** Each part by the output's limits, or by those of a pattern that names the part, and against the base; where parts only warn, a failure is a warning. */
function judgeParts(output: Measurement, { tolerance, baseline }: TensorRules): JudgedFinding[] {
  if (tolerance.parts === "off") return [];
  return judgedParts(output).flatMap((part) => {
    const limits = limitsFor(part, tolerance) ?? {};
    // A metric of class vectors or pixels is of the whole.
    const checks = checkLimits(part.metrics, limits, "tensor").filter(({ value }) => value !== undefined);
    const score = part.score ? checkLimits(part.score.metrics, tolerance.score, "score") : [];
    const before = part.part && counterpart(part.part, baseline?.parts ?? [], (one) => one.part);
    const drops = before ? checkDrops(part.metrics, before.metrics, tolerance.baseline) : [];
    const findings = [...checks, ...score, ...drops].map((check) => findingOf(part, check));
    const all = [...findings, ...hiddenByScore(part, limits, tolerance)];
    return tolerance.parts === "warn" ? all.map(warningOnly) : all;
  });
}

function warningOnly(finding: JudgedFinding): JudgedFinding {
  const limit = finding.limit === undefined ? {} : { warnLimit: finding.limit };
  return finding.level === "fail" ? { ...finding, ...limit, level: "warn", reason: "within-limits" } : { ...finding, ...limit };
}

function findingOf(measurement: Measurement, check: Check): JudgedFinding {
  const { tensor, role, part } = measurement;
  const { value, warnLimit, ...known } = check;
  return {
    tensor,
    ...known,
    ...(part === undefined ? {} : { part: part.name, where: part.where }),
    ...(value === undefined ? {} : { value }),
    ...(warnLimit === undefined ? {} : { warnLimit }),
    reason: reasonFor(check, role, part !== undefined),
    message: checkText(measurement, check),
  };
}

function reasonFor({ level, of, value }: Check, role: Measurement["role"], isPart: boolean): ReasonCode {
  if (level === "undecided") return value === undefined ? "metric-unavailable" : "not-a-number";
  if (level !== "fail") return "within-limits";
  if (role === "layer") return "layer-limit-exceeded";
  if (of === "score") return "score-limit-exceeded";
  return of === "baseline" ? "baseline-drop" : isPart ? "part-limit-exceeded" : "limit-exceeded";
}

const reasonOfFault: Readonly<Record<Fault, ReasonCode>> = {
  "shape-mismatch": "shape-mismatch",
  "type-mismatch": "type-mismatch",
  "data-dependent-size": "data-dependent-size",
  "unequal-samples": "unequal-samples",
  empty: "empty-tensor",
  "nonfinite-candidate": "nonfinite-candidate",
  "nonfinite-reference": "nonfinite-reference",
  "nonfinite-both": "nonfinite-both",
};

function faultFinding(measurement: Measurement, fault: Fault): JudgedFinding {
  const level: Level = fault === "nonfinite-candidate" ? "fail" : "undecided";
  return { tensor: measurement.tensor, of: "tensor", level, reason: reasonOfFault[fault], message: faultText(measurement, fault) };
}

/**
 * A waiver turns `fail` into `waived`; one of a part's own name covers that part. What could not be judged stays undecided: a waiver excuses an error, not
 * a missing figure.
 */
function waive(finding: JudgedFinding, { waivers, today }: TensorRules): JudgedFinding {
  if (finding.level !== "fail") return finding;
  const waiver =
    waiverFor(finding.tensor, waivers, today) ?? (finding.part === undefined ? undefined : waiverFor(finding.part, waivers, today));
  if (!waiver) return finding;
  return {
    ...finding,
    level: "waived",
    waiver: waiver.reason,
    reason: "waived",
    message: `${finding.message} Waived until ${waiver.until}: ${waiver.reason}.`,
  };
}

/** Warns where the output passes a limit that the score behind it misses: saturation, or what all probabilities share, hides error (design 5). */
function hiddenByScore(measurement: Measurement, limits: Limits, tolerance: Tolerance): JudgedFinding[] {
  const { metrics, score } = measurement;
  if (!score) return [];
  return checkLimits(score.metrics, limits, "score").flatMap((check): JudgedFinding[] => {
    const value = metrics[check.metric];
    const judgedAnyway = tolerance.score[check.metric] !== undefined;
    if (judgedAnyway || check.level !== "fail" || value === undefined || !meets(check.metric, value, check.limit)) return [];
    return [{ ...findingOf(measurement, check), level: "warn", reason: "within-limits", message: hiddenText(measurement, check) }];
  });
}
