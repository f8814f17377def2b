/** Sentences with the values of the case in them. Plain text: names are not made inert here, each sink does that for its own format. */
import type { Fault, Measurement } from "../measure/measurement.ts";
import { type MetricName, metrics } from "../measure/metrics.ts";
import type { Check } from "./checks.ts";

/** Four significant digits with the metric's unit. */
export function valueText(metric: MetricName, value: number): string {
  const unit = metrics[metric].unit;
  if (unit === "%") return Number.isFinite(value) ? `${Number((value * 100).toPrecision(4))} %` : String(value);
  const digits = Number.isFinite(value) ? String(Number(value.toPrecision(4))) : String(value);
  return unit === "" ? digits : `${digits} ${unit}`;
}

export function checkText(tensor: string, check: Check): string {
  const { metric, of, value, level } = check;
  const limit = level === "warn" ? (check.warnLimit ?? check.limit) : check.limit;
  const subject = of === "score" ? `the score of "${tensor}"` : `"${tensor}"`;
  if (value === undefined) return `${subject} has no ${metrics[metric].word}: its shape does not allow it.`;
  const figure = `${subject} has ${metrics[metric].word} ${valueText(metric, value)}`;
  const bound = of === "baseline" ? "what the baseline's drop allows" : level === "warn" ? "its warning limit" : "its limit";
  if (level === "undecided") return `${figure}, which cannot be judged against ${bound} ${valueText(metric, limit)}.`;
  const side = level === "pass" ? "within" : "beyond";
  return `${figure}, ${side} ${bound} ${valueText(metric, limit)}.`;
}

export function faultText({ tensor, nonFinite, note }: Measurement, fault: Fault): string {
  switch (fault) {
    case "shape-mismatch":
      return `"${tensor}" has different shapes: ${note ?? "unknown"}.`;
    case "data-dependent-size":
      return `the two sides found different numbers of entries for "${tensor}": ${note ?? "unknown"}.`;
    case "unequal-samples":
      return `"${tensor}" is not in every sample of both sides: ${note ?? "unknown"}.`;
    case "empty":
      return `"${tensor}" has no elements.`;
    case "nonfinite-candidate":
      return `the candidate's "${tensor}" holds ${nonFinite.candidate} NaN or infinite values, the reference's none.`;
    case "nonfinite-reference":
      return `the reference's "${tensor}" holds ${nonFinite.reference} NaN or infinite values.`;
    case "nonfinite-both":
      return `"${tensor}" holds NaN or infinite values on both sides (${nonFinite.reference} and ${nonFinite.candidate}).`;
  }
}

export const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
