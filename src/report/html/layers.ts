/** The table of layers, worst first. Bounded: where the script runs the worst few are open, can be filtered and sorted; without it all rows are there. */

import { plural } from "../../model/plural.ts";
import { formatMargin, formatMetric } from "../figures.ts";
import { fromNum, type MeasuredTensor, type ModelReport, type Num, toNum } from "../schema.ts";
import { bridgeSentence, gainWords } from "../sections/gains.ts";
import { sqnrLimit } from "../sections/layers.ts";
import { worstLayerFirst } from "../worst-first.ts";
import { html, type Markup, nothing } from "./markup.ts";
import { type Column, levelCell, tableOf } from "./parts.ts";

/** The script and the print style show as many. */
const openLayers = 10;

interface LayerColumn extends Column {
  cell(layer: MeasuredTensor): Markup | string;
}

/** `moreLayers`: rows below the open ones. `index`: of the model on the page. */
export function layersSection(model: ModelReport, show: (name: string) => string, moreLayers: number, index: number): Markup {
  if (model.layers.length === 0) return nothing;
  const worst = model.layers.toSorted(worstLayerFirst);
  const columns = columnsOf(model, show);
  const rows = worst.slice(0, openLayers + moreLayers).map((layer) => columns.map((column) => column.cell(layer)));
  const unseen = worst.length - rows.length;
  const bridge = bridgeSentence(model, show);
  const tools = html`<div class="tools"><label for="filter-${index}">Filter the layers</label> <input type="search" id="filter-${index}" autocomplete="off" spellcheck="false"> <button type="button">Show all ${rows.length}</button> <span class="note" role="status"></span></div>`;
  const table = tableOf("Layers, worst first by the error each adds itself (injected)", columns, rows, "layers");
  return html`${bridge === "" ? nothing : html`<p>${bridge}</p>`}<div class="sortable">${rows.length > 1 ? tools : nothing}${table}</div>${unseen > 0 ? html`<p class="note">…and ${plural(unseen, "more layer")} in report.json.</p>` : nothing}`;
}

/** A figure with the number that the script sorts by: NaN is lowest, what was not measured is nowhere. */
const figureCell = (value: Num | undefined | null, words: string): Markup =>
  html`<td class="n" data-v="${value === undefined || value === null ? "" : value === "NaN" ? "-Infinity" : String(value)}">${words}</td>`;

/** Columns that would be empty for every layer are left out. */
function columnsOf(model: ModelReport, show: (name: string) => string): LayerColumn[] {
  const limit = sqnrLimit(model);
  const sqnrCell = (value: Num | undefined) => figureCell(value, formatMetric("sqnrDb", value));
  const fromLimit = ({ metrics: { sqnrDb } }: MeasuredTensor) => {
    const margin = limit === undefined || sqnrDb === undefined ? undefined : toNum(fromNum(sqnrDb) - limit);
    return figureCell(margin, formatMargin("sqnrDb", margin));
  };
  const columns: (LayerColumn | false)[] = [
    { head: "Layer", cell: (layer) => html`<code>${show(layer.node ?? layer.tensor)}</code>` },
    { head: "Operator", cell: (layer) => show(layer.opType ?? "–") },
    { head: "Tensor", cell: (layer) => html`<code>${show(layer.tensor)}</code>` },
    { head: "Injected", number: true, cell: (layer) => sqnrCell(layer.injected?.sqnrDb) },
    { head: "Accumulated", number: true, cell: (layer) => sqnrCell(layer.metrics.sqnrDb) },
    model.layers.some((layer) => layer.atOutput !== undefined) && {
      head: "Alone, at the output",
      number: true,
      cell: ({ atOutput }) => figureCell(atOutput?.sqnrDb, gainWords(atOutput?.sqnrDb, atOutput?.share)),
    },
    limit !== undefined && { head: "From limit", number: true, cell: fromLimit },
    model.layers.some((layer) => layer.executedPrecision !== undefined) && {
      head: "Ran in",
      cell: (layer) => show(layer.executedPrecision ?? "–"),
    },
    model.layers.some((layer) => layer.level !== "unjudged") && { head: "Result", cell: (layer) => levelCell(layer.level) },
  ];
  return columns.filter((column) => column !== false);
}
