/** Units kept against what they give: measured points, the prediction between, their intervals, and the limit. */
import { fromNum, type ModelReport } from "../../schema.ts";
import { html, type Markup, nothing } from "../markup.ts";
import { figure, limitLine, type Size, xAxis, yAxis } from "./frame.ts";
import { countScale, extent, niceScale } from "./scale.ts";

type Point = NonNullable<NonNullable<ModelReport["search"]>["curve"]>["points"][number];

/** Figures beyond this (everything kept is identical to the reference) lie on the edge. */
const beyondScale = 80;

/** Empty with fewer than two points. `limitDb`: the limit that SQNR has, where it has one. */
export function curveChart(points: readonly Point[], limitDb: number | undefined): Markup {
  if (points.length < 2) return nothing;
  const caption = html`<span class="key passes">measured, meets the limits</span> <span class="key fails">measured, misses them</span> <span class="key-note">Line: predicted from the errors of single units; bars: intervals.</span>`;
  return figure(caption, ariaLabel(points), (size) => drawing(points, limitDb, size));
}

function drawing(points: readonly Point[], limitDb: number | undefined, size: Size): Markup {
  const values = points.flatMap(({ sqnrDb, low, high, by }) => (by === "measured" ? [sqnrDb, low, high] : [sqnrDb])).map(fromNum);
  const [low, high] = extent([...values, ...(limitDb === undefined ? [] : [limitDb])], beyondScale) ?? [0, 1];
  const y = niceScale(low, high, size.height - size.bottom, size.top);
  const x = countScale(0, points.at(-1)?.kept ?? 1, size.left + 8, size.width - size.right - 8, 8);
  const line = points.map(({ kept, sqnrDb }) => `${x.at(kept)},${y.at(fromNum(sqnrDb))}`).join(" ");
  return html`${yAxis(y, size, "SQNR at the output, dB")}${xAxis(x, size, "units kept in higher precision")}${limitDb !== undefined && limitLine(y.at(limitDb), size, "limit", "fail")}
<polyline class="path" points="${line}"/>${points.filter(({ by }) => by === "measured").map((point) => mark(point, x.at(point.kept), (db) => y.at(db)))}`;
}

/** Circle and cross: the shape says it without the colour. */
function mark({ kept, sqnrDb, low, high, margin }: Point, x: number, at: (db: number) => number): Markup {
  const passes = fromNum(margin) >= 0;
  const y = at(fromNum(sqnrDb));
  const shape = passes ? html`<circle cx="${x}" cy="${y}" r="4.5"/>` : html`<path d="M${x - 4} ${y - 4}l8 8m0 -8l-8 8"/>`;
  return html`<g class="${passes ? "passes" : "fails"}"><line class="base" x1="${x}" x2="${x}" y1="${at(fromNum(low))}" y2="${at(fromNum(high))}"/>${shape}<title>${kept} units kept: SQNR ${fromNum(sqnrDb).toFixed(1)} dB</title></g>`;
}

function ariaLabel(points: readonly Point[]): string {
  const first = points.find(({ margin }) => fromNum(margin) >= 0);
  return `Curve over ${points.length} numbers of kept units: ${first ? `the limits are met from ${first.kept} on` : "the limits are met with none"}.`;
}
