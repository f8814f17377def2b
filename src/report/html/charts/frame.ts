/** What all charts share: the figure around them, axes, grid and limit lines. Two drawings of each chart: wide, and narrow for phones. */
import { html, type Markup } from "../markup.ts";
import { round, type Scale } from "./scale.ts";

export interface Size {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

export const wide: Size = { width: 1040, height: 340, left: 52, right: 16, top: 26, bottom: 40 };
export const narrow: Size = { width: 380, height: 280, left: 40, right: 10, top: 26, bottom: 40 };
/** For charts that stand side by side. */
export const chartSizes: readonly [Size, Size] = [{ ...wide, width: 510, height: 260 }, narrow];

/** A figure with the chart drawn for both widths. `label` says in words what the chart shows: it is what a screen reader reads. */
export function figure(
  caption: Markup | string,
  label: string,
  draw: (size: Size) => Markup,
  sizes: readonly [Size, Size] = [wide, narrow],
): Markup {
  const drawn = sizes.map(
    (size, i) =>
      html`<svg class="chart ${i === 0 ? "wide" : "narrow"}" viewBox="0 0 ${size.width} ${size.height}" role="img" aria-label="${label}">${draw(size)}</svg>`,
  );
  return html`<figure class="${sizes[0].width < wide.width ? "half" : "full"}">${drawn}<figcaption>${caption}</figcaption></figure>`;
}

/** Horizontal grid lines with their values and the axis name above. */
export function yAxis(scale: Scale, size: Size, name: string, show: (tick: number) => string = String): Markup {
  const lines = scale.ticks.map((tick) => {
    const y = scale.at(tick);
    return html`<line class="grid" x1="${size.left}" x2="${size.width - size.right}" y1="${y}" y2="${y}"/><text class="tick end" x="${size.left - 8}" y="${y + 4}">${show(tick)}</text>`;
  });
  return html`<g aria-hidden="true">${lines}<text class="axis" x="4" y="10">${name}</text></g>`;
}

export function xAxis(scale: Scale, size: Size, name: string, show: (tick: number) => string = String): Markup {
  const base = size.height - size.bottom;
  const ticks = scale.ticks.map((tick) => html`<text class="tick mid" x="${scale.at(tick)}" y="${base + 16}">${show(tick)}</text>`);
  return html`<g aria-hidden="true"><line class="base" x1="${size.left}" x2="${size.width - size.right}" y1="${base}" y2="${base}"/>${ticks}<text class="axis mid" x="${round((size.left + size.width - size.right) / 2)}" y="${size.height - 4}">${name}</text></g>`;
}

/** A dashed line across the plot with its words at the right end, above or below it. */
export function limitLine(y: number, size: Size, words: string, kind: "fail" | "warn", side: "above" | "below" = "above"): Markup {
  const x = size.width - size.right;
  return html`<line class="limit ${kind}" x1="${size.left}" x2="${x}" y1="${y}" y2="${y}"/><text class="limit-text ${kind} end" x="${x - 2}" y="${side === "above" ? y - 5 : y + 14}">${words}</text>`;
}
