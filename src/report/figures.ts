/**
 * How a metric's figure is written for people: digits, unit and sign, in comment, page and terminal. Takes names from a report, which may be a
 * later version's: an unknown metric has its name for a label and no unit.
 */
import { findMetric } from "../measure/metrics.ts";
import { fromNum, type Num } from "./schema.ts";

const unknown = { unit: "", direction: "higher", kind: "error" } as const;
const wordsOf = (metric: string) => findMetric(metric) ?? { ...unknown, label: metric };

/** In tables for people. */
export const metricLabel = (metric: string): string => wordsOf(metric).label;

/**
 * `18.4 dB`, `0.9928`, `98.5 %`. Infinity of SQNR is `identical`; undefined and null are `–`. More digits where fewer would put the figure on the other side of
 * `beside`, its limit, or on it.
 */
export function formatMetric(metric: string, value: Num | null | undefined, beside?: Num): string {
  if (value === undefined || value === null) return "–";
  if (metric === "sqnrDb" && value === "Infinity") return "identical";
  return withUnit(metric, magnitude(metric, fromNum(value), beside === undefined ? undefined : fromNum(beside)));
}

/** `19.8 to 21.5`: both ends with the digits of the figure, which carries the unit; more as for a figure. */
export function formatInterval(metric: string, { low, high }: { readonly low: Num; readonly high: Num }, beside?: Num): string {
  const digits = (value: Num) => magnitude(metric, fromNum(value), beside === undefined ? undefined : fromNum(beside));
  return `${digits(low)} to ${digits(high)}`;
}

/** `≥ 20 dB` for metrics where higher is better, else `≤ 0.1`. */
export const formatLimit = (metric: string, limit: Num | undefined): string =>
  limit === undefined ? "–" : `${wordsOf(metric).direction === "higher" ? "≥" : "≤"} ${withUnit(metric, trimmed(metric, fromNum(limit)))}`;

/** `+2.31 dB`, `−1.58 dB`; the sign is a real minus. NaN is `NaN`. */
export function formatMargin(metric: string, margin: Num | null | undefined): string {
  if (margin === undefined || margin === null) return "–";
  const value = fromNum(margin);
  const sign = value < 0 ? "−" : value > 0 ? "+" : "";
  return sign + withUnit(metric, marginDigits(metric, Math.abs(value)));
}

const withUnit = (metric: string, digits: string): string =>
  wordsOf(metric).unit === "" || digits === "NaN" ? digits : `${digits} ${wordsOf(metric).unit}`;

function magnitude(metric: string, value: number, beside?: number): string {
  if (!Number.isFinite(value)) return infinite(value);
  const { unit, kind } = wordsOf(metric);
  const scale = unit === "%" ? 100 : 1;
  const other = beside === undefined ? undefined : beside * scale;
  if (unit === "dB" || unit === "%") return apart(value * scale, other, 1, fixed);
  return kind === "cosine" ? apart(value, other, 4, fixed) : apart(value, other, 3, significant);
}

function marginDigits(metric: string, value: number): string {
  if (!Number.isFinite(value)) return infinite(value);
  const { unit, kind } = wordsOf(metric);
  if (unit === "dB") return apart(value, 0, value < 10 ? 2 : 1, fixed);
  if (unit === "%") return apart(value * 100, 0, 1, fixed);
  return kind === "cosine" ? apart(value, 0, 4, fixed) : significant(value);
}

/** With `least` digits, or so many more that the text stands on the same side of `other` as the value does. */
function apart(value: number, other: number | undefined, least: number, write: (value: number, digits: number) => string): string {
  const isTrue = (text: string) => other === undefined || Math.sign(Number(text.replaceAll("−", "-")) - other) === Math.sign(value - other);
  const [first = "", ...more] = [least, least + 1, least + 2, least + 4, least + 8].map((digits) => write(value, digits));
  return [first, ...more].find(isTrue) ?? first;
}

/** Limits are written as the author wrote them: no padding zeros. */
const trimmed = (metric: string, limit: number): string => {
  if (!Number.isFinite(limit)) return infinite(limit);
  return String(Number((wordsOf(metric).unit === "%" ? limit * 100 : limit).toPrecision(10))).replaceAll("-", "−");
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

/** So many significant digits; powers of ten below 1e-4 and from 1e6. */
function significant(value: number, digits = 3): string {
  const size = Math.abs(value);
  if (value === 0) return "0";
  const text = size < 1e-4 || size >= 1e6 ? value.toExponential(digits - 1) : String(Number(value.toPrecision(digits)));
  return text.replace(/-/g, "−");
}
