/**
 * The network as a strip below its chart: one row coloured by the error that each layer adds itself, one by the precision it runs in.
 * Says what the colours mean in words as well; neighbours of one colour are one rectangle.
 */
import { fromNum, type MeasuredTensor, type ModelReport } from "../../schema.ts";
import { html, type Markup } from "../markup.ts";
import type { Size } from "./frame.ts";
import { round } from "./scale.ts";

/** `kept`: the repository keeps it in higher precision; `fix`: the fix would. */
export type Precision = "int8" | "kept" | "fix" | "float";
export type Shade = "e0" | "e1" | "e2" | "e3" | "unknown";

/** `quantized`: what the candidate computes in, INT8 or another. */
export const runsIn = (precision: Precision, quantized: string): string =>
  ({
    int8: quantized,
    kept: "kept in higher precision",
    fix: `${quantized}, the fix keeps it in higher precision`,
    float: "higher precision",
  })[precision];

/** Upper ends in dB of the shades, worst first; the last has none. */
const shadeEnds = [20, 30, 40] as const;
const shadeWords: Readonly<Record<Shade, string>> = {
  e0: "under 20 dB",
  e1: "20 to 30",
  e2: "30 to 40",
  e3: "40 and more",
  unknown: "not measured alone",
};

/** NaN is the worst shade; what was not measured alone has none. */
export function shadeOf(injectedDb: number | undefined): Shade {
  if (injectedDb === undefined) return "unknown";
  const index = Number.isNaN(injectedDb) ? 0 : shadeEnds.findIndex((end) => injectedDb < end);
  return (["e0", "e1", "e2", "e3"] as const)[index < 0 ? 3 : index] ?? "e3";
}

/**
 * How a layer of the judged candidate runs: as the engine inspector said, else a unit is quantised unless the repository keeps it. Layers that
 * belong to no unit are in higher precision.
 */
export function precisionOf({ kept, search }: Pick<ModelReport, "kept" | "search">): (layer: MeasuredTensor) => Precision {
  const [already, wanted] = [kept?.units ?? [], search?.keep ?? []].map((units) => new Set(units.map(({ unit }) => unit)));
  return ({ unit, executedPrecision }) => {
    if (unit !== undefined && already?.has(unit)) return "kept";
    const isInt8 =
      executedPrecision === undefined || executedPrecision === "unknown"
        ? unit !== undefined
        : /int8|int4|fp8|fp4/i.test(executedPrecision);
    if (!isInt8) return "float";
    return unit !== undefined && wanted?.has(unit) ? "fix" : "int8";
  };
}

export interface StripCell {
  readonly index: number;
  readonly shade: Shade;
  readonly precision: Precision;
}

const rowHeight = 12;
const rowGap = 4;
/** Clear of the lowest number of the axis beside it. */
const above = 10;
/** Height that the strip takes below the plot. */
export const stripHeight = above + 2 * (rowHeight + rowGap);

/** `at`: place of a layer's middle on the axis; each cell reaches half way to its neighbours. */
export function networkStrip(cells: readonly StripCell[], size: Size, at: (index: number) => number): Markup {
  const top = size.height - size.bottom + above;
  const rows = [
    { name: "error", y: top, kind: (cell: StripCell) => cell.shade },
    { name: "precision", y: top + rowHeight + rowGap, kind: (cell: StripCell) => cell.precision },
  ];
  return html`<g class="strip" aria-hidden="true">${rows.map(({ name, y, kind }) => html`<text class="tick end" x="${size.left - 8}" y="${y + 10}">${name}</text>${runs(cells, kind).map((run) => rectangle(run, y, at))}`)}</g>`;
}

interface Run {
  readonly kind: string;
  /** Ends in layers, half way to the neighbours. */
  readonly from: number;
  readonly to: number;
}

function runs(cells: readonly StripCell[], kindOf: (cell: StripCell) => string): Run[] {
  const found: Run[] = [];
  for (const [i, cell] of cells.entries()) {
    const from = (cell.index + (cells[i - 1]?.index ?? cell.index - 1)) / 2;
    const to = (cell.index + (cells[i + 1]?.index ?? cell.index + 1)) / 2;
    const before = found.at(-1);
    if (before?.kind === kindOf(cell)) found[found.length - 1] = { ...before, to };
    else found.push({ kind: kindOf(cell), from, to });
  }
  return found;
}

/** Never narrower than it can be seen. */
function rectangle({ kind, from, to }: Run, y: number, at: (index: number) => number): Markup {
  const [left, right] = [at(from), at(to)];
  const width = Math.max(2, right - left);
  return html`<rect class="cell ${kind}" x="${round((left + right - width) / 2)}" y="${y}" width="${round(width)}" height="${rowHeight}"/>`;
}

/** Keys of the colours that occur. */
export function stripKeys(cells: readonly StripCell[], quantized: string): Markup {
  const shades = (["e0", "e1", "e2", "e3", "unknown"] as const).filter((shade) => cells.some((cell) => cell.shade === shade));
  const precisions = (["int8", "fix", "kept", "float"] as const).filter((one) => cells.some(({ precision }) => precision === one));
  return html`<span>Adds: ${shades.map((shade) => html`<span class="swatch ${shade}">${shadeWords[shade]}</span> `)}</span> <span>Runs in: ${precisions.map((one) => html`<span class="swatch ${one}">${runsIn(one, quantized)}</span> `)}</span>`;
}

/** `54 of 179 run in INT8, of which the fix keeps 3 in higher precision.` */
export function stripWords(cells: readonly StripCell[], quantized: string): string {
  const count = (wanted: Precision) => cells.filter(({ precision }) => precision === wanted).length;
  const [fixed, kept] = [count("fix"), count("kept")];
  return `${count("int8") + fixed} of ${cells.length} run in ${quantized}${fixed > 0 ? `, of which the fix keeps ${fixed} in higher precision` : ""}${kept > 0 ? `; ${kept} are kept in higher precision already` : ""}.`;
}

/** In dB; undefined where the layer was not measured alone. */
export const injectedOf = (layer: MeasuredTensor): number | undefined =>
  layer.injected?.sqnrDb === undefined ? undefined : fromNum(layer.injected.sqnrDb);
