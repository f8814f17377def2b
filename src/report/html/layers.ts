/** The table of layers, worst first. Bounded: the worst few are open, more are folded, the rest is counted. */
import { formatMargin, formatMetric } from "../figures.ts";
import { fromNum, type MeasuredTensor, type ModelReport, toNum } from "../schema.ts";
import { bridgeSentence, gainWords } from "../sections/gains.ts";
import { plural } from "../sections/labels.ts";
import { sqnrLimit } from "../sections/layers.ts";
import { worstLayerFirst } from "../worst-first.ts";
import { html, type Markup, nothing } from "./markup.ts";
import { type Column, fold, levelCell, tableOf } from "./parts.ts";

const openLayers = 10;

interface LayerColumn extends Column {
  cell(layer: MeasuredTensor): Markup | string;
}

/** `foldedLayers`: rows below the open ones. */
export function layersSection(model: ModelReport, show: (name: string) => string, foldedLayers: number): Markup {
  const worst = model.layers.toSorted(worstLayerFirst);
  const columns = columnsOf(model, show);
  const rows = (layers: readonly MeasuredTensor[]) => layers.map((layer) => columns.map((column) => column.cell(layer)));
  const rest = worst.slice(openLayers, openLayers + foldedLayers);
  const unseen = worst.length - openLayers - rest.length;
  const more = fold(plural(rest.length, "more layer"), tableOf("Further layers, worst first", columns, rows(rest)));
  const bridge = bridgeSentence(model, show);
  return html`${bridge === "" ? nothing : html`<p>${bridge}</p>`}${tableOf("Worst first, by the error each adds itself (injected)", columns, rows(worst.slice(0, openLayers)))}${more}${unseen > 0 ? html`<p class="note">…and ${plural(unseen, "more layer")} in report.json.</p>` : nothing}`;
}

/** Columns that would be empty for every layer are left out. */
function columnsOf(model: ModelReport, show: (name: string) => string): LayerColumn[] {
  const limit = sqnrLimit(model);
  const fromLimit = (layer: MeasuredTensor) =>
    limit === undefined || layer.metrics.sqnrDb === undefined ? "–" : formatMargin("sqnrDb", toNum(fromNum(layer.metrics.sqnrDb) - limit));
  const columns: (LayerColumn | false)[] = [
    { head: "Layer", cell: (layer) => html`<code>${show(layer.node ?? layer.tensor)}</code>` },
    { head: "Operator", cell: (layer) => show(layer.opType ?? "–") },
    { head: "Tensor", cell: (layer) => html`<code>${show(layer.tensor)}</code>` },
    { head: "Injected", number: true, cell: (layer) => formatMetric("sqnrDb", layer.injected?.sqnrDb) },
    { head: "Accumulated", number: true, cell: (layer) => formatMetric("sqnrDb", layer.metrics.sqnrDb) },
    model.layers.some((layer) => layer.atOutput !== undefined) && {
      head: "Alone, at the output",
      number: true,
      cell: (layer) => gainWords(layer.atOutput?.sqnrDb, layer.atOutput?.share),
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
