/** How layers spread over SQNR, and how the values of one tensor moved. */
import type { HeldRange } from "../../../model/held-range.ts";
import { heldOf, heldWords } from "../../held.ts";
import { fromNum, type MeasuredTensor, type Num } from "../../schema.ts";
import { html, type Markup, nothing } from "../markup.ts";
import { chartSizes, figure, type Size, xAxis, yAxis } from "./frame.ts";
import { extent, niceScale, round, type Scale } from "./scale.ts";

/** How many layers lie in each 2 dB of SQNR; `limit` in dB marks the bars that lie below it. */
export function layerHistogram(valuesDb: readonly number[], limit: number | undefined, what: string): Markup {
  const range = extent(valuesDb, 200);
  if (range === undefined) return nothing;
  const step = Math.max(2, 2 * Math.ceil((range[1] - range[0]) / 60));
  const first = Math.floor(range[0] / step) * step;
  const counts = new Array<number>(Math.floor((range[1] - first) / step) + 1).fill(0);
  for (const value of valuesDb) {
    const bin = Math.floor((value - first) / step);
    if (bin >= 0 && bin < counts.length) counts[bin] = (counts[bin] ?? 0) + 1;
  }
  const below = limit === undefined ? 0 : valuesDb.filter((value) => value < limit).length;
  const label = `${what}: ${valuesDb.length} layers between ${range[0].toFixed(1)} and ${range[1].toFixed(1)} dB${limit === undefined ? "" : `, ${below} below ${limit} dB`}.`;
  return figure(
    what,
    label,
    (size) => {
      const y = niceScale(0, Math.max(...counts), size.height - size.bottom, size.top, 4);
      const x = niceScale(first, first + counts.length * step, size.left, size.width - size.right, size.width < 500 ? 4 : 6);
      const bars = counts.map((count, i) =>
        bar(
          x.at(first + i * step),
          x.at(first + (i + 1) * step),
          y.at(count),
          y.at(0),
          limit !== undefined && first + (i + 1) * step <= limit ? "beyond" : "",
          `${first + i * step} to ${first + (i + 1) * step} dB: ${count}`,
        ),
      );
      return html`${yAxis(y, size, "layers", (tick) => (Number.isInteger(tick) ? String(tick) : ""))}${xAxis(x, size, "SQNR, dB")}${bars}`;
    },
    chartSizes,
  );
}

const bar = (left: number, right: number, top: number, base: number, kind: string, words: string): Markup =>
  html`<rect class="bar ${kind}" x="${round(left + 1)}" y="${top}" width="${round(Math.max(0.5, right - left - 2))}" height="${round(Math.max(0, base - top))}"><title>${words}</title></rect>`;

/**
 * Values of one tensor on both sides, share of elements a bin on a square-root axis so that thin tails are seen. `does`: whether the layer that it is
 * shown for reads or gives them.
 */
export function valueHistogram(name: string, histogram: NonNullable<MeasuredTensor["histogram"]>, does: "reads" | "gives"): Markup {
  const { low, high, reference, candidate, saturatedShare } = histogram;
  const held = heldOf(histogram);
  const [from, to] = [fromNum(low), fromNum(high)];
  if (!(to > from) || reference.length === 0) return nothing;
  const [total, otherTotal] = [sum(reference), sum(candidate)];
  return figure(
    html`<span>What it ${does}: <code>${name}</code></span> <span class="key accumulated">reference</span> <span class="key candidate">candidate</span>${held !== undefined && html` <span class="key limit">quantiser clips here</span>`}`,
    `Values of ${name} on both sides, from ${round(from)} to ${round(to)}.${clipWords(held, saturatedShare)}`,
    (size) => {
      const shares = reference.map(
        (count, i) => [Math.sqrt(count / total || 0), Math.sqrt((candidate[i] ?? 0) / otherTotal || 0)] as const,
      );
      const y = niceScale(0, Math.max(...shares.flat()), size.height - size.bottom, size.top, 3);
      const x = niceScale(...shownRange(from, to, held), size.left, size.width - size.right, size.width < 500 ? 4 : 6);
      const line = (side: 0 | 1) =>
        shares.map((share, i) => `${x.at(from + ((i + 0.5) * (to - from)) / shares.length)},${y.at(share[side])}`).join(" ");
      return html`${yAxis(y, size, "share of values", (tick) => `${round(100 * tick * tick)}%`)}${xAxis(x, size, "value")}${clipLines(held, x, size)}<polyline class="accumulated" points="${line(0)}"/><polyline class="candidate" points="${line(1)}"/>`;
    },
    chartSizes,
  );
}

const clipWords = (held: HeldRange | undefined, share: Num | undefined): string =>
  held === undefined || share === undefined
    ? ""
    : ` The quantiser holds ${heldWords(held, round)}; ${Number((100 * fromNum(share)).toPrecision(2))} % of the values lie beyond.`;

/** Wide enough to show where the scale ends, unless the values would shrink to a needle. */
function shownRange(from: number, to: number, held: HeldRange | undefined): readonly [number, number] {
  const reach = Math.max(Math.abs(from), Math.abs(to));
  const isNear = (end: number) => Math.abs(end) <= 4 * reach;
  const { low, high } = held ?? { low: from, high: to };
  return [isNear(low) ? Math.min(from, low) : from, isNear(high) ? Math.max(to, high) : to];
}

/** Where what the quantiser holds ends. */
function clipLines(held: HeldRange | undefined, x: Scale, { top, height, bottom }: Size): Markup {
  const lines = held === undefined ? [] : [held.low, held.high].filter((value) => value >= x.low && value <= x.high);
  return html`${lines.map((value) => html`<line class="limit" x1="${x.at(value)}" x2="${x.at(value)}" y1="${top}" y2="${height - bottom}"/>`)}`;
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
