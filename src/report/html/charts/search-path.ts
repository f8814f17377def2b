/** The search as it went: each probe's margin to the limit, in order, and how many units it kept. */
import { fromNum, type ModelReport } from "../../schema.ts";
import { html, type Markup, nothing } from "../markup.ts";
import { figure, limitLines, narrow, type Size, wide, withLimits, xAxis, yAxis } from "./frame.ts";
import { countScale, extent, niceScale, round, type Scale } from "./scale.ts";

type Probe = NonNullable<ModelReport["search"]>["probes"][number];

/** The last probes are the ones that decide. */
const mostProbes = 300;
/** Margins beyond this (a probe that is identical to the reference) lie on the edge. */
const beyondScale = 60;

/** Nothing without probes. The last `mostProbes` are drawn. */
export function searchChart(probes: readonly Probe[]): Markup {
  const shown = probes.slice(-mostProbes);
  if (shown.length === 0) return nothing;
  const caption = html`<span class="key passes">passes</span> <span class="key fails">fails</span> <span class="key unknown">tool failed: neither</span> <span class="key-note">Lower row of numbers: units kept in higher precision.</span>`;
  return figure(caption, ariaLabel(shown), (size) => drawing(shown, size), [plotSize(wide), plotSize(narrow)]);
}

function drawing(probes: readonly Probe[], size: Size): Markup {
  const margins = probes.map((probe) => (probe.margin === undefined ? Number.NaN : fromNum(probe.margin)));
  const [low, high] = extent([...margins, 0], beyondScale) ?? [0, 1];
  const y = niceScale(low - 0.5, high + 0.5, size.height - size.bottom, size.top);
  const x = countScale(probes[0]?.n ?? 0, probes.at(-1)?.n ?? 1, size.left + 14, size.width - size.right - 14, Math.min(8, probes.length));
  const measured = probes.filter((probe) => probe.kind === "measured" && probe.margin !== undefined);
  const path = measured.map((probe) => `${x.at(probe.n)},${y.at(Number(probe.margin))}`).join(" ");
  return html`${yAxis(y, size, "dB of error to spare")}${xAxis(x, size, "probe")}${limitLines([{ y: y.at(0), words: "limit", kind: "fail" }], size)}
<polyline class="path" points="${path}"/>${probes.map((probe) => mark(probe, x.at(probe.n), y.at(probe.margin === undefined ? Number.NaN : fromNum(probe.margin))))}${keptCounts(probes, x, size)}`;
}

/** Under the probes' numbers how many units each kept: as many as have room. */
function keptCounts(probes: readonly Probe[], x: Scale, size: Size): Markup {
  const room = (size.width - size.left - size.right) / countWidth;
  const every = Math.ceil(probes.length / room);
  const y = size.height - size.bottom + 32;
  return html`<g aria-hidden="true"><text class="tick end" x="${size.left - 8}" y="${y}">kept</text>${probes.filter((_, i) => i % every === 0).map((probe) => html`<text class="count mid" x="${x.at(probe.n)}" y="${y}">${probe.kept}</text>`)}</g>`;
}

const plotSize = (size: Size): Size => ({ ...withLimits(size), height: size.height + keptRow, bottom: size.bottom + keptRow });
const keptRow = 16;
const countWidth = 34;

/** Circle, cross and ring: the shape says it without the colour. */
function mark(probe: Probe, x: number, y: number): Markup {
  const title = html`<title>${words(probe)}</title>`;
  if (probe.kind === "unknown") return html`<g class="unknown"><circle cx="${x}" cy="${round(y - 8)}" r="4.5"/>${title}</g>`;
  const shape = probe.passes ? html`<circle cx="${x}" cy="${y}" r="4.5"/>` : html`<path d="M${x - 4} ${round(y - 4)}l8 8m0 -8l-8 8"/>`;
  return html`<g class="${probe.passes ? "passes" : "fails"}">${shape}${title}</g>`;
}

const words = (probe: Probe): string =>
  `Probe ${probe.n} (${probe.phase}${probe.half === "accept" ? ", held-out samples" : ""}): ${probe.kept} units kept, ${probe.kind === "unknown" ? `no result: ${probe.why ?? "tool failed"}` : probe.passes ? "passes" : "fails"}`;

function ariaLabel(probes: readonly Probe[]): string {
  const passing = probes.filter((probe) => probe.passes);
  const fewest =
    passing.length === 0
      ? "none passes"
      : `${passing.length} pass, the smallest with ${Math.min(...passing.map((probe) => probe.kept))} units kept`;
  return `Search path: ${probes.length} probes, ${fewest}.`;
}
