/**
 * Error along the network: for each layer in topological order the SQNR that has gathered there (line) and the one it adds itself (stems).
 * dB is a logarithm of the error already, so the axis is linear in dB; lower is worse. Numbers above the plot lead to names in the caption: a name
 * of any length would lie over the lines.
 */
import { formatMetric } from "../../figures.ts";
import { fromNum, type MeasuredTensor } from "../../schema.ts";
import { html, type Markup, nothing } from "../markup.ts";
import { apart, figure, limitLines, narrow, type Size, wide, withLimits, xAxis, yAxis } from "./frame.ts";
import { countScale, extent, niceScale, round } from "./scale.ts";
import { injectedOf, networkStrip, type Precision, shadeOf, stripHeight, stripKeys, stripWords } from "./strip.ts";

export interface NetworkPoint {
  /** Place in the network, from 0. */
  readonly index: number;
  readonly name: string;
  readonly accumulatedDb: number | undefined;
  readonly injectedDb: number | undefined;
  readonly precision: Precision;
}

const mostPoints = 600;
const labelled = 3;
/** Layers better than this are as good as identical and lie on the top edge. */
const beyondScaleDb = 80;
/** Hover words only while they help: with more stems none can be pointed at. */
const mostTitles = 300;

/** Layers in topological order; those without any SQNR are left out. */
export const networkPoints = (
  layers: readonly MeasuredTensor[],
  show: (layer: MeasuredTensor) => string,
  precision: (layer: MeasuredTensor) => Precision,
): NetworkPoint[] =>
  layers
    .filter((layer) => layer.metrics.sqnrDb !== undefined || layer.injected?.sqnrDb !== undefined)
    .toSorted((a, b) => (a.order ?? Number.POSITIVE_INFINITY) - (b.order ?? Number.POSITIVE_INFINITY) || 0)
    .map((layer, index) => ({
      index,
      name: show(layer),
      accumulatedDb: layer.metrics.sqnrDb === undefined ? undefined : fromNum(layer.metrics.sqnrDb),
      injectedDb: injectedOf(layer),
      precision: precision(layer),
    }));

export interface NetworkLimits {
  readonly fail: number | undefined;
  readonly warn: number | undefined;
}

/** Nothing without points. At most `mostPoints` are drawn. */
export function networkChart(points: readonly NetworkPoint[], limits: NetworkLimits, quantized: string): Markup {
  if (points.length === 0) return nothing;
  const drawn = downsample(points, mostPoints);
  const tagged = worst(drawn.filter((point) => point.injectedDb !== undefined)).toSorted((a, b) => a.index - b.index);
  const cells = points.map(cellOf);
  const caption = html`<span class="key accumulated">accumulated: what has gathered at this layer’s output</span> <span class="key injected">injected: what this layer adds by itself</span> <span class="key-note">Lower is worse.</span> ${tagged.map((point, i) => html`<span><b class="tag">${i + 1}</b> <code>${point.name}</code> adds ${formatMetric("sqnrDb", point.injectedDb)}</span> `)}${stripKeys(cells, quantized)}`;
  return figure(
    caption,
    `${ariaLabel(points, limits)} ${stripWords(cells, quantized)}`,
    (size) => drawing({ drawn, tagged, count: points.length, limits }, size),
    [plotSize(wide), plotSize(narrow)],
  );
}

const cellOf = ({ index, injectedDb, precision }: NetworkPoint) => ({ index, precision, shade: shadeOf(injectedDb) });

/** Room above the plot for the numbers, below it for the strip, at the left for the strip's words. */
const plotSize = (size: Size): Size => ({
  ...withLimits(size),
  height: size.height + stripHeight + tagHeight,
  left: 72,
  top: size.top + tagHeight,
  bottom: size.bottom + stripHeight,
});

const tagHeight = 22;
const tagWidth = 16;

interface Plot {
  readonly drawn: readonly NetworkPoint[];
  /** In the order of the network. */
  readonly tagged: readonly NetworkPoint[];
  readonly count: number;
  readonly limits: NetworkLimits;
}

function drawing({ drawn, tagged, count, limits }: Plot, size: Size): Markup {
  const values = [
    ...drawn.flatMap((point) => [point.accumulatedDb ?? Number.NaN, point.injectedDb ?? Number.NaN]),
    limits.fail ?? Number.NaN,
    limits.warn ?? Number.NaN,
  ];
  const [low, high] = extent(values, beyondScaleDb) ?? [0, 1];
  const base = size.height - size.bottom;
  const y = niceScale(low - 1, high + 1, base, size.top);
  const x = countScale(0, count - 1, size.left + 6, size.width - size.right - 6, size.width < 500 ? 4 : 8);
  const last = Math.max(1, count - 1);
  const [start, end] = [x.at(0), x.at(last)];
  const place = (index: number) => Math.min(size.width - size.right, Math.max(size.left, start + (index * (end - start)) / last));
  const gathered = drawn.filter((point) => point.accumulatedDb !== undefined);
  const line = gathered.map((point) => `${x.at(point.index)},${y.at(point.accumulatedDb ?? Number.NaN)}`).join(" ");
  const stems = drawn.filter((point) => point.injectedDb !== undefined);
  const withTitles = size.width > 500 && stems.length <= mostTitles;
  return html`${yAxis(y, size, "SQNR, dB")}${xAxis(x, size, "layer, in order of the network", stripHeight)}
${limitLines(limitsOf(limits, y.at), size)}
<g class="injected">${stems.map((point) => stem(x.at(point.index), y.at(point.injectedDb ?? Number.NaN), size.top, point, withTitles))}</g>
<polyline class="accumulated" points="${line}"/>
<g class="accumulated">${gathered.length > 150 ? nothing : gathered.map((point) => html`<circle cx="${x.at(point.index)}" cy="${y.at(point.accumulatedDb ?? Number.NaN)}" r="2.2"/>`)}</g>
${tags(tagged, x.at, size)}${networkStrip(drawn.map(cellOf), size, place)}
<line class="cursor" x1="0" x2="0" y1="${size.top}" y2="${base}" data-left="${start}" data-right="${end}" data-last="${last}"/>`;
}

const limitsOf = ({ fail, warn }: NetworkLimits, at: (db: number) => number) => [
  ...(warn === undefined ? [] : [{ y: at(warn), words: `warn ${short(warn)} dB`, kind: "warn" as const }]),
  ...(fail === undefined ? [] : [{ y: at(fail), words: `limit ${short(fail)} dB`, kind: "fail" as const }]),
];

const short = (db: number): number => Number(db.toPrecision(4));

/** A number above the stem of each layer that adds most, with a line down to it. */
function tags(points: readonly NetworkPoint[], at: (index: number) => number, { top, left, right, width }: Size): Markup {
  const places = apart(
    points.map(({ index }) => at(index)),
    tagWidth,
    [left, width - right],
  );
  return html`<g class="tags">${points.map((point, i) => html`<line x1="${places[i]}" y1="${top - 9}" x2="${at(point.index)}" y2="${top}"/><text class="mid" x="${places[i]}" y="${top - 13}">${i + 1}</text>`)}</g>`;
}

/** A stem hangs from the top: the longer, the more error this layer adds. */
const stem = (x: number, y: number, top: number, point: NetworkPoint, withTitle: boolean): Markup =>
  html`<g><line x1="${x}" x2="${x}" y1="${top}" y2="${y}"/><path d="M${x} ${round(y + 4)}l-4 -4l4 -4l4 4z"/>${withTitle && html`<title>${words(point)}</title>`}</g>`;

const db = (value: number | undefined): string =>
  value === undefined ? "not measured" : Number.isFinite(value) ? `${value.toFixed(1)} dB` : Number.isNaN(value) ? "NaN" : "identical";
const words = (point: NetworkPoint): string => `${point.name}: injected ${db(point.injectedDb)}, accumulated ${db(point.accumulatedDb)}`;

const severity = (point: NetworkPoint): number => {
  const value = Math.min(point.injectedDb ?? Number.POSITIVE_INFINITY, point.accumulatedDb ?? Number.POSITIVE_INFINITY);
  return Number.isNaN(value) ? Number.NEGATIVE_INFINITY : value;
};
const injectedSeverity = (point: NetworkPoint): number =>
  Number.isNaN(point.injectedDb) ? Number.NEGATIVE_INFINITY : (point.injectedDb ?? Number.POSITIVE_INFINITY);
const worst = (points: readonly NetworkPoint[]): NetworkPoint[] =>
  points.toSorted((a, b) => injectedSeverity(a) - injectedSeverity(b)).slice(0, labelled);

/** At most `most` points: of neighbours only the worst stays, so no dip is lost. */
export function downsample(points: readonly NetworkPoint[], most: number): readonly NetworkPoint[] {
  if (points.length <= most) return points;
  const bucket = points.length / most;
  return Array.from({ length: most }, (_, i) => points.slice(Math.floor(i * bucket), Math.floor((i + 1) * bucket))).flatMap((some) =>
    some.toSorted((a, b) => severity(a) - severity(b)).slice(0, 1),
  );
}

function ariaLabel(points: readonly NetworkPoint[], limits: NetworkLimits): string {
  const [first] = worst(points);
  const below =
    limits.fail === undefined
      ? ""
      : ` ${points.filter((point) => !((point.accumulatedDb ?? Number.POSITIVE_INFINITY) >= (limits.fail ?? 0))).length} of them lie below the limit of ${limits.fail} dB.`;
  return `Error along the network: SQNR in dB at ${points.length} layers.${below}${first ? ` The layer that adds most error is ${words(first)}.` : ""}`;
}
