/** What the fix gains: what decided without it and what is nearest to its limit with it, before and after, where that is an SQNR. */
import { fromNum, type Num } from "../../schema.ts";
import type { FixedFigure } from "../../sections/fix.ts";
import { rowLabel, rowName } from "../../sections/outputs.ts";
import { cutMiddle } from "../../text.ts";
import { html, type Markup, nothing } from "../markup.ts";
import { chartSizes, figure, type Size, xAxis } from "./frame.ts";
import { extent, niceScale, round, type Scale } from "./scale.ts";

interface Pair {
  readonly name: string;
  readonly before: Num | undefined;
  readonly after: Num | undefined;
  readonly limit: Num | undefined;
}

/** Before and after the fix against the limit, one pair of bars a figure, at most `most`; nothing where no SQNR tells. */
export function beforeAfter(figures: readonly FixedFigure[], precision: string, show: (name: string) => string, most = 6): Markup {
  const known = figures
    .filter(({ row, before, after }) => row.metric === "sqnrDb" && before !== undefined && after !== undefined)
    .slice(0, most)
    .map(({ row, before, after }): Pair => ({ name: `${rowName(row, show)}, ${rowLabel(row)}`, before, after, limit: row.limit }));
  if (known.length === 0) return nothing;
  const row = 58;
  const room = 76;
  const label = known
    .map((entry) => `${entry.name}: ${say(entry.before)} as ${precision}, ${say(entry.after)} with the fix, limit ${say(entry.limit)}`)
    .join("; ");
  const size = (base: Size): Size => ({ ...base, height: known.length * row + base.top + base.bottom, left: 8 });
  return figure(
    html`<span class="key injected">all ${precision}</span> <span class="key accumulated">with the fix</span> <span class="key limit">limit</span>`,
    `Before and after the fix. ${label}.`,
    (drawn) => {
      const values = known.flatMap((entry) =>
        [entry.before, entry.after, entry.limit].map((value) => (value === undefined ? Number.NaN : fromNum(value))),
      );
      const x = niceScale(0, extent(values)?.[1] ?? 1, drawn.left, drawn.width - drawn.right - room, 4);
      return html`${xAxis(x, drawn, "SQNR, dB")}${known.map((entry, i) => pair(entry, entry.name, { top: drawn.top + i * row, right: drawn.width - drawn.right }, x))}`;
    },
    [size(chartSizes[0]), size(chartSizes[1])],
  );
}

/** Two bars under the output's name, which the limit crosses; the values stand in a column of their own. */
function pair(
  entry: Pair,
  name: string,
  { top, right }: { readonly top: number; readonly right: number },
  { at, low: zero }: Scale,
): Markup {
  const x = (value: Num | undefined) => at(fromNum(value ?? 0));
  const bar = (value: Num | undefined, y: number, kind: string) =>
    html`<rect class="bar ${kind}" x="${at(zero)}" y="${y}" width="${round(x(value) - at(zero))}" height="13"/>`;
  const words = (value: Num | undefined, y: number) => html`<text class="value end" x="${right}" y="${y + 11}">${say(value)}</text>`;
  const limit =
    entry.limit !== undefined &&
    html`<line class="limit fail" x1="${x(entry.limit)}" x2="${x(entry.limit)}" y1="${top + 14}" y2="${top + 52}"/>`;
  return html`<text class="name" x="${at(zero)}" y="${top + 10}">${cutMiddle(name, 44)}</text>${bar(entry.before, top + 18, "injected")}${bar(entry.after, top + 34, "accumulated")}${limit}${words(entry.before, top + 18)}${words(entry.after, top + 34)}`;
}

const say = (value: Num | undefined): string =>
  value === undefined ? "–" : typeof value === "number" ? `${value.toFixed(1)} dB` : value === "Infinity" ? "identical" : value;
