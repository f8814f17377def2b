/**
 * What all charts share: the figure around them, axes, grid and limit lines. Two drawings of each chart: wide, and narrow for phones.
 * No words lie in the plot: axes have theirs left and below, limits right of it, so that none can lie over a line.
 */
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

export const wide: Size = { width: 1040, height: 340, left: 52, right: 20, top: 26, bottom: 40 };
export const narrow: Size = { width: 380, height: 280, left: 48, right: 16, top: 26, bottom: 40 };
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

/** `below`: room between the plot and the numbers. */
export function xAxis(scale: Scale, size: Size, name: string, below = 0): Markup {
  const base = size.height - size.bottom;
  const ticks = scale.ticks.map((tick) => html`<text class="tick mid" x="${scale.at(tick)}" y="${base + below + 16}">${tick}</text>`);
  return html`<g aria-hidden="true"><line class="base" x1="${size.left}" x2="${size.width - size.right}" y1="${base}" y2="${base}"/>${ticks}<text class="axis mid" x="${round((size.left + size.width - size.right) / 2)}" y="${size.height - 4}">${name}</text></g>`;
}

export interface LimitLine {
  readonly y: number;
  readonly words: string;
  readonly kind: "fail" | "warn";
}

/** The same size with room for the words of limits right of the plot. */
export const withLimits = (size: Size): Size => ({ ...size, right: 92 });

/** Dashed lines across the plot, each with its words right of it; words of neighbouring lines are moved apart. Wants a size `withLimits`. */
export function limitLines(lines: readonly LimitLine[], size: Size): Markup {
  const end = size.width - size.right;
  const sorted = lines.toSorted((a, b) => a.y - b.y);
  const places = apart(
    sorted.map(({ y }) => y + 4),
    lineHeight,
    [lineHeight, size.height - 4],
  );
  return html`${sorted.map(({ y, words, kind }, i) => html`<line class="limit ${kind}" x1="${size.left}" x2="${end}" y1="${y}" y2="${y}"/><text class="limit-text ${kind}" x="${end + 8}" y="${places[i] ?? y}">${words}</text>`)}`;
}

const lineHeight = 16;

/** Ascending places, moved as little as it takes to be `gap` apart and, where there is room, inside `[low, high]`. */
export function apart(places: readonly number[], gap: number, [low, high]: readonly [number, number]): number[] {
  const moved: number[] = [];
  for (const place of places) moved.push(Math.max(place, (moved.at(-1) ?? low - gap) + gap));
  let most = high;
  for (let i = moved.length - 1; i >= 0; i--) {
    moved[i] = round(Math.max(low, Math.min(moved[i] ?? 0, most)));
    most = (moved[i] ?? 0) - gap;
  }
  return moved;
}
