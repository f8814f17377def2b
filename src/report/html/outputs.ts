/** The table of outputs, and folded below it every figure. Bounded in rows. */

import { plural } from "../../model/plural.ts";
import { formatMetric, metricLabel } from "../figures.ts";
import { fromNum, type MeasuredTensor, type ModelReport } from "../schema.ts";
import { outputRows, roughIntervals, rowLabel, rowName } from "../sections/outputs.ts";
import { html, type Markup, nothing } from "./markup.ts";
import { outputDetail } from "./output-detail.ts";
import { fold, levelCell, tableOf } from "./parts.ts";

type Show = (name: string) => string;

const mostOutputRows = 100;

/** At most `mostOutputRows` rows; how many more there are is said. */
export function outputsSection(model: ModelReport, show: Show): Markup {
  const rows = outputRows(model);
  const withBase = rows.some((row) => row.baseline !== undefined);
  const withInterval = rows.some((row) => row.interval !== undefined);
  const cells = rows
    .slice(0, mostOutputRows)
    .map((row) => [
      row.of === "task" ? rowName(row, show) : html`<code>${rowName(row, show)}</code>`,
      rowLabel(row),
      row.words.value,
      ...(withInterval ? [row.words.interval] : []),
      row.words.limit,
      row.words.margin,
      ...(withBase ? [row.words.baseline] : []),
      levelCell(row.level),
    ]);
  const base = withBase ? [{ head: "Base", number: true }] : [];
  const table = tableOf(
    "Outputs against their limits",
    [
      { head: "Output" },
      { head: "Metric" },
      { head: "Value", number: true },
      ...(withInterval ? [{ head: "90 % interval", number: true }] : []),
      { head: "Limit", number: true },
      { head: "Margin", number: true },
      ...base,
      { head: "Result" },
    ],
    cells,
    // Eight columns do not fit a phone.
    withBase && withInterval ? "stacked" : "",
  );
  const more =
    rows.length > mostOutputRows
      ? html`<p class="note">…and ${plural(rows.length - mostOutputRows, "more row")} in report.json.</p>`
      : nothing;
  const rough = roughIntervals([model]);
  return html`${table}${rough === "" ? nothing : html`<p class="note">${rough}</p>`}${more}${outputDetail(model, show)}${fold("All figures of the outputs", allFigures(model.outputs, show))}${fold("Figures by class", perClass(model.outputs, show))}`;
}

function allFigures(outputs: readonly MeasuredTensor[], show: Show): Markup {
  const rows = outputs
    .slice(0, mostOutputRows)
    .map((output) => [
      html`<code>${show(output.tensor)}</code>`,
      metricList(output.metrics),
      output.scoreMetrics ? metricList(output.scoreMetrics) : "–",
      rangeWords(output.reference),
      output.candidate ? rangeWords(output.candidate) : "–",
      output.spread
        ? `± ${formatMetric("sqnrDb", output.spread.sqnrDbSd)}; worst sample ${Math.round(100 * fromNum(output.spread.worstShare))} %, worst three ${Math.round(100 * fromNum(output.spread.worst3Share))} % of the error`
        : "–",
      [output.fault, output.note, output.waiver === undefined ? undefined : `waived: ${output.waiver}`]
        .filter((part) => part !== undefined)
        .join("; ") || "–",
    ]);
  return tableOf(
    "Every metric, range and spread",
    ["Output", "Metrics", "Score", "Reference", "Candidate", "Spread over samples", "Notes"].map((head) => ({ head })),
    rows,
  );
}

function perClass(outputs: readonly MeasuredTensor[], show: Show): Markup {
  const rows = outputs.flatMap((output) =>
    (output.perClass ?? []).map((entry) => [
      html`<code>${show(output.tensor)}</code>`,
      show(entry.label),
      String(entry.samples),
      metricList(entry.metrics),
    ]),
  );
  return tableOf(
    "Figures by class",
    [{ head: "Output" }, { head: "Class" }, { head: "Samples", number: true }, { head: "Metrics" }],
    rows.slice(0, mostOutputRows),
  );
}

const metricList = (metrics: MeasuredTensor["metrics"]): string =>
  Object.entries(metrics)
    .map(([name, value]) => `${metricLabel(name)} ${formatMetric(name, value)}`)
    .join(", ");
const rangeWords = ({ min, max, mean, std }: MeasuredTensor["reference"]): string =>
  `${short(min)} to ${short(max)}, mean ${short(mean)}, sd ${short(std)}`;
const short = (value: MeasuredTensor["reference"]["min"]): string => formatMetric("maxAbs", value);
