/** What each number of kept units gives: a table of a few points that lets people choose their own. Sections of the comment and the page share it. */
import { formatMargin, formatMetric } from "../figures.ts";
import { code, table } from "../markdown.ts";
import { fromNum, type ModelReport } from "../schema.ts";
import { milliseconds } from "./labels.ts";

type Search = NonNullable<ModelReport["search"]>;
export type CurvePoint = NonNullable<Search["curve"]>["points"][number];

/** At most `most` points: the ends, the first that meets the limit, the chosen one, and measured ones between, evenly spread. */
export function tellingPoints(search: Search, most: number): CurvePoint[] {
  const points = search.curve?.points ?? [];
  const must = [points[0], points.at(-1), firstPassing(points), points.find(({ kept }) => kept === search.keep.length)];
  const chosen = new Set(must.filter((point) => point !== undefined));
  const others = points.filter((point) => point.by === "measured" && !chosen.has(point));
  const room = Math.max(0, most - chosen.size);
  for (let i = 0; i < Math.min(room, others.length); i++) {
    const point = others[Math.floor((i * others.length) / Math.min(room, others.length))];
    if (point) chosen.add(point);
  }
  return points.filter((point) => chosen.has(point)).slice(0, most);
}

export const firstPassing = (points: readonly CurvePoint[]): CurvePoint | undefined => points.find(({ margin }) => fromNum(margin) >= 0);

/** Cells of one point: units kept, SQNR, its interval (`–` where it has no width), how far to the limit, latency where an engine told it. */
export const curveCells = ({ kept, by, sqnrDb, low, high, margin, latencyMs }: CurvePoint, withLatency: boolean): string[] => [
  String(kept),
  `${by === "predicted" ? "about " : ""}${formatMetric("sqnrDb", sqnrDb)}`,
  low === high ? "–" : `${formatMetric("sqnrDb", low)} to ${formatMetric("sqnrDb", high)}`,
  formatMargin("sqnrDb", margin),
  ...(withLatency ? [latencyMs === undefined ? "–" : milliseconds(fromNum(latencyMs))] : []),
];

export const hasLatency = (search: Search): boolean => search.curve?.points.some(({ latencyMs }) => latencyMs !== undefined) ?? false;
export const curveHead = (withLatency: boolean): string[] => [
  "Units kept",
  "SQNR",
  "Interval (90 %)",
  "To the limit",
  ...(withLatency ? ["Latency"] : []),
];

/** Empty without a curve. */
export function curveTable({ search }: ModelReport, most: number): string {
  if (!search?.curve || most === 0) return "";
  const withLatency = hasLatency(search);
  const rows = tellingPoints(search, most).map((point) => curveCells(point, withLatency));
  if (rows.length === 0) return "";
  const words = `**Choose your own point**: the first so many units of the ranking kept; figures without "about" are measured. ${code("trt-gate fix REPORT --keep N")} makes the fix for any of them.`;
  return `${words}\n\n${table(
    curveHead(withLatency),
    rows,
    curveHead(withLatency).map(() => "r" as const),
  )}`;
}
