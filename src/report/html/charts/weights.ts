/** Weights of one layer by output channel: where the channels' ranges lie apart, one scale for all of them would waste the steps of INT8. */
import { fromNum, type MeasuredTensor } from "../../schema.ts";
import { html, type Markup, nothing } from "../markup.ts";
import { chartSizes, figure, type Size, xAxis, yAxis } from "./frame.ts";
import { countScale, extent, niceScale, round } from "./scale.ts";

type WeightRange = NonNullable<MeasuredTensor["weightRange"]>;

/** A bar for each channel from its smallest to its largest weight. Nothing where no channel has a width. */
export function weightChart(name: string, { channels, low, high }: WeightRange): Markup {
  const bars = low.map((value, i) => ({ from: fromNum(value), to: fromNum(high[i] ?? value) }));
  const range = extent(bars.flatMap(({ from, to }) => [from, to, 0]));
  if (range === undefined || range[0] === range[1]) return nothing;
  const spread = spreadWords(bars.map(({ from, to }) => Math.max(Math.abs(from), Math.abs(to))));
  const grouped = bars.length < channels ? `, ${Math.ceil(channels / bars.length)} channels a bar` : "";
  return figure(
    html`<span>Weights of <code>${name}</code> by output channel${grouped}. ${spread}</span>`,
    `Range of the weights of ${name} over ${channels} output channels, from ${round3(range[0])} to ${round3(range[1])}. ${spread}`,
    (size) => drawing(bars, channels, range, size),
    chartSizes,
  );
}

interface Bar {
  readonly from: number;
  readonly to: number;
}

function drawing(bars: readonly Bar[], channels: number, [low, high]: readonly [number, number], size: Size): Markup {
  const y = niceScale(low, high, size.height - size.bottom, size.top, 4);
  const x = countScale(0, channels, size.left, size.width - size.right, size.width < 500 ? 4 : 6);
  const step = (size.width - size.left - size.right) / bars.length;
  const gap = step > 4 ? 1 : 0;
  const shapes = bars.map(
    ({ from, to }, i) =>
      html`<rect class="bar" x="${round(size.left + i * step + gap / 2)}" y="${y.at(to)}" width="${round(step - gap)}" height="${round(Math.max(0.5, y.at(from) - y.at(to)))}"/>`,
  );
  return html`${yAxis(y, size, "weight")}${xAxis(x, size, "output channel")}${shapes}`;
}

/** `The widest channel is 12 times the middle one.` Channels of zeros do not count. */
function spreadWords(magnitudes: readonly number[]): string {
  const sorted = magnitudes.filter((value) => value > 0).toSorted((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle === undefined || sorted.length < 2) return "";
  return `The widest channel is ${round3((sorted.at(-1) ?? middle) / middle)} times the middle one.`;
}

const round3 = (value: number): number => Number(value.toPrecision(3));
