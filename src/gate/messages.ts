/** Sentences with the values of the case in them. Plain text: names are not made inert here, each sink does that for its own format. */
import type { WorstValue } from "../measure/by-value.ts";
import type { Fault, Measurement } from "../measure/measurement.ts";
import { type MetricName, metrics } from "../measure/metrics.ts";
import type { Check } from "./checks.ts";
import type { Level } from "./levels.ts";
import type { Finding, SampleCount } from "./verdict.ts";

/** Four significant digits with the metric's unit and a real minus, of dB at most hundredths; more where that would be the text of another figure, `beside`. */
export function valueText(metric: MetricName, value: number, beside?: number): string {
  const { unit } = metrics[metric];
  const digits = [4, 6, 9].find(
    (count) => beside === undefined || beside === value || digitsOf(unit, value, count) !== digitsOf(unit, beside, count),
  );
  const shown = (Number.isFinite(value) ? digitsOf(unit, value, digits ?? 17) : String(value).replace("Infinity", "∞")).replaceAll(
    "-",
    "−",
  );
  return unit === "" || (unit === "%" && !Number.isFinite(value)) ? shown : `${shown} ${unit}`;
}

function digitsOf(unit: string, value: number, digits: number): string {
  const isCoarse = unit === "dB" && digits === 4 && Math.abs(value) < 100;
  return String(Number(isCoarse ? value.toFixed(2) : (unit === "%" ? value * 100 : value).toPrecision(digits)));
}

type Subject = Pick<Measurement, "tensor" | "part">;

/** `"y"`, or `the part "scores" of "y" at [:, 4:84]`. */
const subjectText = ({ tensor, part }: Subject): string =>
  part === undefined ? `"${tensor}"` : `the part "${part.name}" of "${tensor}" at ${part.where}`;

/** The figure and the bound it was held against, in one sentence; also where it could not be judged. */
export function checkText(subject: Subject, check: Check): string {
  const { metric, of, value, level } = check;
  const limit = level === "warn" ? (check.warnLimit ?? check.limit) : check.limit;
  const name = of === "score" ? `the score of ${subjectText(subject)}` : subjectText(subject);
  if (value === undefined) return `${name} has no ${metrics[metric].label}: its shape does not allow it.`;
  const figure = `${name} has ${metrics[metric].label} ${valueText(metric, value, limit)}`;
  const bound = of === "baseline" ? "what the baseline's drop allows" : level === "warn" ? "its warning limit" : "its limit";
  if (level === "undecided") return `${figure}, which cannot be judged against ${bound} ${valueText(metric, limit)}.`;
  const side = level === "pass" ? "within" : "beyond";
  return `${figure}, ${side} ${bound} ${valueText(metric, limit)}.`;
}

/** `cosine 0.9971 of "y", limit 0.997`: a figure with the limit that its margin is about. */
export function findingWords({ tensor, part, metric, of, value = Number.NaN, limit = Number.NaN, warnLimit }: Finding): string {
  if (metric === undefined) return `"${tensor}" without a figure`;
  const { label } = metrics[metric];
  const name = part === undefined ? `"${tensor}"` : `"${part}" of "${tensor}"`;
  // Where both are set, another line may show the other one.
  const kind = warnLimit === undefined ? "limit" : warnLimit === limit ? "warning limit" : "fail limit";
  return `${label} ${valueText(metric, value, limit)} of ${of === "score" ? `the score of ${name}` : name}, ${kind} ${valueText(metric, limit)}`;
}

/** For a score that failed while its probabilities met the limits: what hides the error is where they lie. */
export function hiddenText(subject: Measurement, check: Check): string {
  const { score, reference } = subject;
  const told = checkText(subject, check);
  if (score?.kind === "logsoftmax") return `${told} The log-probabilities themselves pass.`;
  const isSaturated = reference.max > nearlyOne || (score?.kind === "sigmoid" && reference.min < 1 - nearlyOne);
  if (isSaturated) return `${told} The probabilities themselves pass: some are saturated, which hides error.`;
  const [least, most] = [reference.min, reference.max].map((value) => String(Number(value.toPrecision(4))));
  return `${told} The probabilities themselves pass: they lie between ${least} and ${most}, and what they share hides error in what differs.`;
}

/** From here on a logit can move by one without moving its probability by more than a hundredth. */
const nearlyOne = 0.99;

/** Of a score so wrong that decisions change: `agreement` of best classes, `value` the score's SQNR and `limit` the output's, both dB. */
export const scoreLostText = (
  { tensor }: Measurement,
  {
    metric,
    agreement,
    value,
    limit,
  }: { readonly metric: MetricName; readonly agreement: number; readonly value: number; readonly limit: number },
): string =>
  `the score of "${tensor}" has SQNR ${valueText("sqnrDb", value)}, more than 10 dB beyond the limit ${valueText("sqnrDb", limit)} that its probabilities meet, and their best classes agree in ${valueText(metric, agreement)}.`;

/** How many samples meet the limits by themselves; the worst are named unless that is a pass. */
export function samplesText(tensor: string, { within, counted, worst, ruined }: SampleCount, level: Level): string {
  const named = worst.map(({ sample, metric, value }) => `sample ${sample} has ${metrics[metric].label} ${valueText(metric, value)}`);
  const share = `${within} of ${counted} samples of "${tensor}" ${within === 1 ? "meets its limits by itself" : "meet its limits by themselves"}`;
  if (named.length === 0 || (level === "pass" && ruined.length === 0)) return `${share}.`;
  return `${level === "pass" ? "" : "only "}${share}: ${named.join(", ")}.${ruinedText(ruined)}`;
}

const mostRuined = 12;

function ruinedText(ruined: readonly number[]): string {
  if (ruined.length === 0) return "";
  const others = ruined.length > mostRuined ? ` and ${ruined.length - mostRuined} more` : "";
  const named = `${ruined.length === 1 ? "sample" : "samples"} ${ruined.slice(0, mostRuined).join(", ")}${others}`;
  return ` Ruined (more than 10 dB beyond): ${named}.`;
}

/** `lost` of `of` entries along the axis; `index` and `value` (dB) are the worst one's. */
export function entryText(
  { tensor, metrics: whole }: Measurement,
  {
    axis,
    index,
    value,
    lost,
    of,
  }: { readonly axis: number; readonly index: number; readonly value: number; readonly lost: number; readonly of: number },
): string {
  const others = lost > 1 ? ` (and ${lost - 1} more of ${of})` : "";
  return `entry ${index}${others} along axis ${axis} of "${tensor}" has SQNR ${valueText("sqnrDb", value)}, where the whole has ${valueText("sqnrDb", whole.sqnrDb ?? Number.NaN)}: what it holds is lost.`;
}

/** Agreement is the share of entries with this value on both sides among those with it on either. */
export const valueLostText = ({ tensor, metrics: whole }: Measurement, { value, both, either, agreement }: WorstValue): string =>
  `of ${either} entries of "${tensor}" that are ${value} on either side, ${both} are on both (${valueText("agreement", agreement)}), where the whole agrees in ${valueText("agreement", whole.agreement ?? Number.NaN)}.`;

/** `value` without what is the same, `whole` with it, both dB. */
export function variationText(measurement: Measurement, { value, whole }: { readonly value: number; readonly whole: number }): string {
  const { reference, variation } = measurement;
  const name = subjectText(measurement);
  if (reference.min === reference.max) return `${name} is ${reference.min} throughout: its figures say nothing.`;
  const figures = `SQNR ${valueText("sqnrDb", value)}, where the whole has ${valueText("sqnrDb", whole)}: what varies is lost.`;
  if (variation === undefined) return `${name} lies around ${Number(reference.mean.toPrecision(4))}; without this mean it has ${figures}`;
  if (value === Number.NEGATIVE_INFINITY)
    return `${name} is the same in all ${variation.samples} samples: its figures say nothing of what varies.`;
  return `${name} is mostly the same in each of ${variation.samples} samples; without what is the same, it has ${figures}`;
}

/** Why the figures of a tensor mean nothing. */
export function faultText({ tensor, nonFinite, note }: Measurement, fault: Fault): string {
  switch (fault) {
    case "shape-mismatch":
      return `"${tensor}" has different shapes: ${note ?? "unknown"}.`;
    case "type-mismatch":
      return `"${tensor}" holds quantised numbers on one side and their values on the other: ${note ?? "unknown"}.`;
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

/** The first letter alone; empty stays empty. */
export const capitalized = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
