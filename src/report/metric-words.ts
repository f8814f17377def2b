/**
 * How a metric is written for people: its name, unit, direction and digits. One table for comment, page and terminal.
 * Judging has its own limits; `beyond` only says on which side of a limit a value lies.
 */
import { fromNum, type Num } from "./schema.ts";

interface MetricWords {
  readonly label: string;
  readonly unit: "dB" | "%" | "";
  readonly higherIsBetter: boolean;
}

const words: Readonly<Record<string, MetricWords>> = {
  sqnrDb: { label: "SQNR", unit: "dB", higherIsBetter: true },
  cosine: { label: "cosine", unit: "", higherIsBetter: true },
  maxAbs: { label: "max abs error", unit: "", higherIsBetter: false },
  meanAbs: { label: "mean abs error", unit: "", higherIsBetter: false },
  maxRel: { label: "max rel error", unit: "", higherIsBetter: false },
  meanRel: { label: "mean rel error", unit: "", higherIsBetter: false },
  top1Agreement: { label: "top-1 agreement", unit: "%", higherIsBetter: true },
  topkAgreement: { label: "top-k agreement", unit: "%", higherIsBetter: true },
  argmaxAgreement: { label: "arg-max agreement", unit: "%", higherIsBetter: true },
  exactMatch: { label: "exact match", unit: "%", higherIsBetter: true },
  allclose: { label: "within atol/rtol", unit: "%", higherIsBetter: true },
};

const wordsOf = (metric: string): MetricWords => words[metric] ?? { label: metric, unit: "", higherIsBetter: true };

export const metricLabel = (metric: string): string => wordsOf(metric).label;

/** True where `value` lies on the bad side of `limit`, and for NaN: a broken number is never within a limit. */
export const beyond = (metric: string, value: number, limit: number): boolean =>
  !(wordsOf(metric).higherIsBetter ? value >= limit : value <= limit);

/** Distance to a limit in the metric's own unit; negative beyond it, NaN where either is NaN. */
export const marginTo = (metric: string, value: number, limit: number): number => {
  if (value === limit) return 0;
  return wordsOf(metric).higherIsBetter ? value - limit : limit - value;
};

/** `18.4 dB`, `0.9928`, `98.5 %`. Infinity of SQNR is `identical`; undefined and null are `–`. */
export function formatMetric(metric: string, value: Num | null | undefined): string {
  if (value === undefined || value === null) return "–";
  if (metric === "sqnrDb" && value === "Infinity") return "identical";
  return withUnit(metric, magnitude(metric, fromNum(value)));
}

/** `≥ 20 dB` for metrics where higher is better, else `≤ 0.1`. */
export const formatLimit = (metric: string, limit: Num | undefined): string =>
  limit === undefined ? "–" : `${wordsOf(metric).higherIsBetter ? "≥" : "≤"} ${withUnit(metric, trimmed(metric, fromNum(limit)))}`;

/** `+2.31 dB`, `−1.58 dB`; the sign is a real minus. NaN is `NaN`. */
export function formatMargin(metric: string, margin: Num | null | undefined): string {
  if (margin === undefined || margin === null) return "–";
  const value = fromNum(margin);
  const sign = value < 0 ? "−" : value > 0 ? "+" : "";
  return sign + withUnit(metric, marginDigits(metric, Math.abs(value)));
}

const withUnit = (metric: string, digits: string): string =>
  wordsOf(metric).unit === "" || digits === "NaN" ? digits : `${digits} ${wordsOf(metric).unit}`;

function magnitude(metric: string, value: number): string {
  if (!Number.isFinite(value)) return infinite(value);
  const { unit } = wordsOf(metric);
  if (unit === "dB") return fixed(value, 1);
  if (unit === "%") return fixed(value * 100, 1);
  return metric === "cosine" ? fixed(value, 4) : significant(value);
}

function marginDigits(metric: string, value: number): string {
  if (!Number.isFinite(value)) return infinite(value);
  const { unit } = wordsOf(metric);
  if (unit === "dB") return fixed(value, value < 10 ? 2 : 1);
  if (unit === "%") return fixed(value * 100, 1);
  return metric === "cosine" ? fixed(value, 4) : significant(value);
}

/** Limits are written as the author wrote them: no padding zeros. */
const trimmed = (metric: string, limit: number): string => {
  if (!Number.isFinite(limit)) return infinite(limit);
  return String(Number((wordsOf(metric).unit === "%" ? limit * 100 : limit).toPrecision(10)));
};

const infinite = (value: number): string => (Number.isNaN(value) ? "NaN" : value > 0 ? "∞" : "−∞");
/** Values beyond a million in powers of ten: a boundless figure must not become a line of digits. */
const fixed = (value: number, digits: number): string =>
  Math.abs(value) >= 1e6
    ? value.toExponential(1).replaceAll("-", "−")
    : value
        .toFixed(digits)
        .replace(/^-(?=0(\.0*)?$)/, "")
        .replace("-", "−");

/** Three significant digits; powers of ten below 1e-4 and from 1e6. */
function significant(value: number): string {
  const size = Math.abs(value);
  if (value === 0) return "0";
  const text = size < 1e-4 || size >= 1e6 ? value.toExponential(2) : String(Number(value.toPrecision(3)));
  return text.replace(/-/g, "−");
}
