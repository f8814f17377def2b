/** Judges one tensor: its limits, its score, its loss against the baseline, its waiver. The verdict over all tensors is judge.ts. */
import type { Fault, Measurement } from "../measure/measurement.ts";
import { type Metrics, meets } from "../measure/metrics.ts";
import { type Check, checkDrops, checkLimits } from "./checks.ts";
import type { Level } from "./levels.ts";
import { limitsFor } from "./limits.ts";
import { checkText, faultText } from "./messages.ts";
import type { ReasonCode } from "./reasons.ts";
import type { Finding, Limits, Tolerance, Waiver } from "./verdict.ts";
import { waiverFor } from "./waivers.ts";

/** A finding with the reason it gives a verdict, should it decide. */
export interface JudgedFinding extends Finding {
  readonly reason: ReasonCode;
}

export interface TensorRules {
  readonly tolerance: Tolerance;
  readonly waivers: readonly Waiver[];
  readonly today: string;
  readonly baseline: Metrics | undefined;
}

/** Empty for a tensor that no limit names (a layer without a pattern, an injected pair). */
export function judgeTensor(measurement: Measurement, rules: TensorRules): JudgedFinding[] {
  const { tensor, role } = measurement;
  const limits = limitsFor(tensor, role, rules.tolerance);
  if (limits === undefined) return [];
  if (measurement.fault !== undefined) return [waive(faultFinding(measurement, measurement.fault), rules)];
  const checks = checksOf(measurement, limits, rules);
  if (checks.length === 0) return [{ tensor, of: "tensor", level: "unjudged", reason: "no-limits", message: `"${tensor}" has no limit.` }];
  const findings = checks.map((check) => waive(findingOf(tensor, check, role), rules));
  return role === "output" ? [...findings, ...hiddenByScore(measurement, limits, rules.tolerance)] : findings;
}

function checksOf({ metrics, score, role }: Measurement, limits: Limits, { tolerance, baseline }: TensorRules): Check[] {
  const checks = checkLimits(metrics, limits, "tensor");
  if (role !== "output") return checks;
  if (score) checks.push(...checkLimits(score.metrics, tolerance.score, "score"));
  if (baseline) checks.push(...checkDrops(metrics, baseline, tolerance.baseline));
  return checks;
}

function findingOf(tensor: string, check: Check, role: Measurement["role"]): JudgedFinding {
  const { value, warnLimit, ...known } = check;
  return {
    tensor,
    ...known,
    ...(value === undefined ? {} : { value }),
    ...(warnLimit === undefined ? {} : { warnLimit }),
    reason: reasonFor(check, role),
    message: checkText(tensor, check),
  };
}

function reasonFor({ level, of, value }: Check, role: Measurement["role"]): ReasonCode {
  if (level === "undecided") return value === undefined ? "metric-unavailable" : "not-a-number";
  if (level !== "fail") return "within-limits";
  if (role === "layer") return "layer-limit-exceeded";
  return of === "score" ? "score-limit-exceeded" : of === "baseline" ? "baseline-drop" : "limit-exceeded";
}

const reasonOfFault: Readonly<Record<Fault, ReasonCode>> = {
  "shape-mismatch": "shape-mismatch",
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

/** A waiver turns `fail` into `waived`. What could not be judged stays undecided: a waiver excuses an error, not a missing figure. */
function waive(finding: JudgedFinding, { waivers, today }: TensorRules): JudgedFinding {
  const waiver = finding.level === "fail" ? waiverFor(finding.tensor, waivers, today) : undefined;
  if (!waiver) return finding;
  return {
    ...finding,
    level: "waived",
    waiver: waiver.reason,
    reason: "waived",
    message: `${finding.message} Waived until ${waiver.until}: ${waiver.reason}.`,
  };
}

/** Warns where the output passes a limit that the score behind it misses: saturation hides error (design 5). */
function hiddenByScore({ tensor, metrics, score }: Measurement, limits: Limits, tolerance: Tolerance): JudgedFinding[] {
  if (!score) return [];
  return checkLimits(score.metrics, limits, "score").flatMap((check): JudgedFinding[] => {
    const value = metrics[check.metric];
    const judgedAnyway = tolerance.score[check.metric] !== undefined;
    if (judgedAnyway || check.level !== "fail" || value === undefined || !meets(check.metric, value, check.limit)) return [];
    const message = `${checkText(tensor, check)} The probabilities themselves pass: they are saturated.`;
    return [{ ...findingOf(tensor, check, "output"), level: "warn", reason: "within-limits", message }];
  });
}
