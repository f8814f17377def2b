/** The search as it went: each probe's margin to the limit, in order, and how many units it kept. */
import { fromNum, type ModelReport } from "../../schema.ts";
import { html, type Markup, nothing } from "../markup.ts";
import { figure, limitLine, type Size, xAxis, yAxis } from "./frame.ts";
import { countScale, extent, niceScale, round } from "./scale.ts";

type Probe = NonNullable<ModelReport["search"]>["probes"][number];

/** The last probes are the ones that decide. */
const mostProbes = 300;
/** Margins beyond this (a probe that is identical to the reference) lie on the edge. */
const beyondScale = 60;

export function searchChart(probes: readonly Probe[]): Markup {
  const shown = probes.slice(-mostProbes);
  if (shown.length === 0) return nothing;
  const caption = html`<span class="key passes">passes</span> <span class="key fails">fails</span> <span class="key unknown">tool failed: neither</span> <span class="key-note">Numbers: units kept in higher precision.</span>`;
  return figure(caption, ariaLabel(shown), (size) => drawing(shown, size));
}

function drawing(probes: readonly Probe[], size: Size): Markup {
  const margins = probes.map((probe) => (probe.margin === undefined ? Number.NaN : fromNum(probe.margin)));
  const [low, high] = extent([...margins, 0], beyondScale) ?? [0, 1];
  const y = niceScale(low - 0.5, high + 0.5, size.height - size.bottom, size.top);
  const x = countScale(probes[0]?.n ?? 0, probes.at(-1)?.n ?? 1, size.left + 14, size.width - size.right - 14, Math.min(8, probes.length));
  const measured = probes.filter((probe) => probe.kind === "measured" && probe.margin !== undefined);
  const path = measured.map((probe) => `${x.at(probe.n)},${y.at(Number(probe.margin))}`).join(" ");
  return html`${yAxis(y, size, "margin to the limit")}${xAxis(x, size, "probe")}${limitLine(y.at(0), size, "limit", "fail")}
<polyline class="path" points="${path}"/>${probes.map((probe) => mark(probe, x.at(probe.n), y.at(probe.margin === undefined ? Number.NaN : fromNum(probe.margin)), probes.length <= 60))}`;
}

/** Circle, cross and question mark: the shape says it without the colour. */
function mark(probe: Probe, x: number, y: number, withCount: boolean): Markup {
  const title = html`<title>${words(probe)}</title>`;
  if (probe.kind === "unknown") return html`<g class="unknown"><text class="mid" x="${x}" y="${round(y - 2)}">?</text>${title}</g>`;
  const count = withCount && html`<text class="count mid" x="${x}" y="${round(y - 9)}">${probe.kept}</text>`;
  const shape = probe.passes ? html`<circle cx="${x}" cy="${y}" r="4.5"/>` : html`<path d="M${x - 4} ${round(y - 4)}l8 8m0 -8l-8 8"/>`;
  return html`<g class="${probe.passes ? "passes" : "fails"}">${shape}${count}${title}</g>`;
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
