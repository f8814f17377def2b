/** What each number of kept units gives: a table of a few points that lets people choose their own. Sections of the comment and the page share it. */
import { plural } from "../../model/plural.ts";
import { shellWord } from "../../model/shell-word.ts";
import { spareDb, spareWords } from "../../model/spare.ts";
import { formatMargin } from "../figures.ts";
import { code, escapeMarkdown, table } from "../markdown.ts";
import { fromNum, type ModelReport, type Num } from "../schema.ts";
import { keepsEverything } from "./fix.ts";
import { milliseconds } from "./labels.ts";

type Search = NonNullable<ModelReport["search"]>;
/** Characters of a cell: a hostile name must not make a table of megabytes. */
const longestCell = 200;
/** Small sets are what people would rather keep. */
const mostEarly = 3;
export type CurvePoint = NonNullable<Search["curve"]>["points"][number];

/** At most `most` points: the ends, the first that meets the limit, the chosen one, the first few units, and measured ones between, evenly spread. */
export function tellingPoints(search: Search, most: number): CurvePoint[] {
  const points = search.curve?.points ?? [];
  const must = [points[0], points.at(-1), firstPassing(points), points.find(({ kept }) => kept === search.keep.length)];
  const chosen = new Set(must.filter((point) => point !== undefined));
  const early = points.filter((point) => point.kept >= 1 && point.kept <= mostEarly && !chosen.has(point));
  for (const point of early.slice(0, Math.ceil(Math.max(0, most - chosen.size) / 2))) chosen.add(point);
  const others = points.filter((point) => point.by === "measured" && !chosen.has(point));
  const room = Math.max(0, most - chosen.size);
  for (let i = 0; i < Math.min(room, others.length); i++) {
    const point = others[Math.floor((i * others.length) / Math.min(room, others.length))];
    if (point) chosen.add(point);
  }
  return points.filter((point) => chosen.has(point)).slice(0, most);
}

const firstPassing = (points: readonly CurvePoint[]): CurvePoint | undefined => points.find(({ margin }) => fromNum(margin) >= 0);

/**
 * Cells of one point: units kept, how far the nearest figure is from its limit, the lower end of that margin's interval, latency where an
 * engine told it, and which figure it is: the margin alone says nothing, and the SQNR of the outputs is often not what decides.
 */
export const curveCells = (point: CurvePoint, withLatency: boolean, words: (text: string) => string): string[] => [
  String(point.kept),
  `${point.by === "predicted" ? "about " : ""}${marginOf(point.margin)}`,
  marginOf(point.marginLow),
  ...(withLatency ? [point.latencyMs === undefined ? "–" : milliseconds(fromNum(point.latencyMs))] : []),
  point.nearest === undefined ? "–" : words(point.nearest),
];

/** Everything kept leaves no error at all. */
const marginOf = (margin: Num | undefined): string => (margin === "Infinity" ? "identical" : formatMargin("sqnrDb", margin));

/** True where any point of the curve was timed. */
export const hasLatency = (search: Search): boolean => search.curve?.points.some(({ latencyMs }) => latencyMs !== undefined) ?? false;

/** As many words as `curveCells` gives for a point. */
export const curveHead = (withLatency: boolean): string[] => [
  "Units kept",
  "Error to spare",
  "At least (90 %)",
  ...(withLatency ? ["Latency"] : []),
  "Nearest to its limit",
];

/** Makes the fix of a point, where the report lies; without `kept` N is the reader's choice. */
export const pointCommand = (model: string, kept?: number): string =>
  `trt-gate fix report.json --model ${shellWord(model)} --keep ${kept ?? "N"}`;

export interface CurveOffer {
  /** `Cheaper: keeping 2 units leaves 0.4 dB of error to spare (measured on the 16 samples that chose, not proved)`. */
  readonly words: string;
  readonly command: string;
}

/**
 * The one other point that may suit better: fewer units that still meet the limits where the kept ones are proved, more that surely do where they are
 * not, the first that meets them where none were chosen. Undefined without one.
 */
export function curveOffer({ name, search }: Pick<ModelReport, "name" | "search">): CurveOffer | undefined {
  const [kind, point] = search === null ? [] : offered(search);
  if (point === undefined) return undefined;
  const about = point.by === "predicted" ? "about " : "";
  const low = kind === "Safer" ? `, nine times of ten at least ${spareDb(fromNum(point.marginLow ?? "NaN"))}` : "";
  const chose = search?.samples?.choose ?? 0;
  const by = point.by === "measured" && chose > 0 ? `measured on the ${plural(chose, "sample")} that chose` : point.by;
  const words = `${kind}: keeping ${plural(point.kept, "unit")} leaves ${about}${spareWords(fromNum(point.margin))}${low} (${by}, not proved)`;
  return { words, command: pointCommand(name, point.kept) };
}

function offered(search: Search): readonly [kind: string, point: CurvePoint | undefined] {
  const points = (search.curve?.points ?? []).filter(({ kept }) => kept >= 1 && kept < search.units);
  const chosen = keepsEverything(search) ? 0 : search.keep.length;
  if (chosen === 0) return ["Within the limits", firstPassing(points)];
  if (search.proof?.state === "proved") return ["Cheaper", firstPassing(points.filter(({ kept }) => kept < chosen))];
  return ["Safer", points.find(({ kept, marginLow }) => kept > chosen && fromNum(marginLow ?? "NaN") >= 0)];
}

/** ` on the 21 samples that chose the units, the fix on 75 others`: why a row is not the fix's own figure. Empty where the samples are not known. */
export function onChosen({ samples, proof }: Search): string {
  if (samples === undefined || samples.choose === 0) return "";
  const others = samples.apart && proof !== undefined && proof.samples > 0 ? `, the fix on ${proof.samples} others` : "";
  return ` on the ${plural(samples.choose, "sample")} that chose the units${others}`;
}

/** Empty without a curve. */
export function curveTable({ name, search }: ModelReport, most: number): string {
  if (!search?.curve || most === 0) return "";
  const withLatency = hasLatency(search);
  const rows = tellingPoints(search, most).map((point) => curveCells(point, withLatency, (words) => escapeMarkdown(words, longestCell)));
  if (rows.length === 0) return "";
  const offer = curveOffer({ name, search });
  const other = offer === undefined ? "" : ` ${escapeMarkdown(offer.words, longestCell)}: ${code(offer.command)}.`;
  const words = `**Choose your own point**: the first so many units of the ranking kept; figures without "about" are measured${onChosen(search)}. ${code(pointCommand(name))} makes the fix for any of them.${other}`;
  return `${words}\n\n${table(
    curveHead(withLatency),
    rows,
    curveHead(withLatency).map((_, i, { length }) => (i === length - 1 ? "l" : "r")),
  )}`;
}
