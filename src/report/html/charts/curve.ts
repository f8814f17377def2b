/** Units kept against what they give: how far the nearest figure is from its limit, measured and predicted, with the lower ends of the intervals. */

import { plural } from "../../../model/plural.ts";
import { spareWords } from "../../../model/spare.ts";
import { fromNum, type ModelReport } from "../../schema.ts";
import { html, type Markup, nothing } from "../markup.ts";
import { figure, limitLines, type Size, withLimits, xAxis, yAxis } from "./frame.ts";
import { countScale, extent, niceScale } from "./scale.ts";

type Point = NonNullable<NonNullable<ModelReport["search"]>["curve"]>["points"][number];

/** Figures beyond this (everything kept is identical to the reference) lie on the edge. */
const beyondScale = 80;

/** Empty with fewer than two points. */
export function curveChart(points: readonly Point[]): Markup {
  if (points.length < 2) return nothing;
  const caption = html`<span class="key passes">measured, meets the limits</span> <span class="key fails">measured, misses them</span> <span class="key-note">Line: predicted from the errors of single units; bars: down to what nine of ten such sample sets reach.</span>`;
  return figure(caption, ariaLabel(points), (size) => drawing(points, withLimits(size)));
}

function drawing(points: readonly Point[], size: Size): Markup {
  const values = points.flatMap((point) => [point.margin, lowOf(point)]).map(fromNum);
  const [low, high] = extent([...values, 0], beyondScale) ?? [0, 1];
  const y = niceScale(low, high, size.height - size.bottom, size.top);
  const x = countScale(0, points.at(-1)?.kept ?? 1, size.left + 8, size.width - size.right - 8, 8);
  const line = points.map(({ kept, margin }) => `${x.at(kept)},${y.at(fromNum(margin))}`).join(" ");
  return html`${yAxis(y, size, "dB of error to spare")}${xAxis(x, size, "units kept in higher precision")}${limitLines([{ y: y.at(0), words: "limit", kind: "fail" }], size)}
<polyline class="path" points="${line}"/>${points.filter(({ by }) => by === "measured").map((point) => mark(point, x.at(point.kept), (db) => y.at(db)))}`;
}

/** Circle and cross: the shape says it without the colour. */
function mark(point: Point, x: number, at: (db: number) => number): Markup {
  const db = fromNum(point.margin);
  const passes = db >= 0;
  const y = at(db);
  const shape = passes ? html`<circle cx="${x}" cy="${y}" r="4.5"/>` : html`<path d="M${x - 4} ${y - 4}l8 8m0 -8l-8 8"/>`;
  return html`<g class="${passes ? "passes" : "fails"}"><line class="base" x1="${x}" x2="${x}" y1="${at(fromNum(lowOf(point)))}" y2="${y}"/>${shape}<title>${plural(point.kept, "unit")} kept: ${spareWords(fromNum(point.margin))}</title></g>`;
}

/** Of a report made before margins had intervals: no bar. */
const lowOf = ({ marginLow, margin }: Point) => marginLow ?? margin;

function ariaLabel(points: readonly Point[]): string {
  const first = points.find(({ margin }) => fromNum(margin) >= 0);
  return `Curve over ${points.length} numbers of kept units: ${first ? `the limits are met from ${first.kept} on` : "the limits are met with none"}.`;
}
