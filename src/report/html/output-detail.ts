/** What lies below the table of outputs: each part, the worst entries along an axis, the worst samples, and harm in the task's own terms. Bounded in rows. */
import { formatMetric, metricLabel } from "../figures.ts";
import { fromNum, type MeasuredTensor, type ModelReport } from "../schema.ts";
import { html, type Markup, nothing } from "./markup.ts";
import { fold, levelCell, tableOf } from "./parts.ts";

type Show = (name: string) => string;

const mostRows = 100;
const worstEntries = 20;

/** Empty where nothing more is known than the table of outputs says. */
export const outputDetail = ({ outputs, harm = [] }: ModelReport, show: Show): Markup =>
  html`${harmList(harm, show)}${fold("Parts of the outputs", partTable(outputs, show))}${fold("Entries along an axis, worst first", entryTable(outputs, show))}${fold("Samples that miss the limits by themselves", sampleTable(outputs, show))}`;

const harmList = (harm: NonNullable<ModelReport["harm"]>, show: Show): Markup =>
  harm.length === 0
    ? nothing
    : html`<ul>${harm.slice(0, 10).map(({ output, message }) => html`<li><code>${show(output)}</code>: ${message}</li>`)}</ul>`;

function partTable(outputs: readonly MeasuredTensor[], show: Show): Markup {
  const withScore = outputs.some(({ parts = [] }) => parts.some((part) => part.scoreMetrics !== undefined));
  const rows = outputs.flatMap((output) =>
    (output.parts ?? []).map((part) => [
      html`<code>${show(output.tensor)} › ${show(part.name)}</code>`,
      html`<code>${part.where}</code>`,
      part.kind === "index"
        ? `${metricLabel("agreement")} ${formatMetric("agreement", part.metrics.agreement)}`
        : formatMetric("sqnrDb", part.metrics.sqnrDb),
      part.kind === "index" ? "–" : formatMetric("cosine", part.metrics.cosine),
      formatMetric("maxAbs", part.metrics.maxAbs),
      ...(withScore ? [part.scoreMetrics ? formatMetric("sqnrDb", part.scoreMetrics.sqnrDb) : "–"] : []),
      levelCell(part.level),
    ]),
  );
  const columns = [
    { head: "Part" },
    { head: "Where" },
    { head: "SQNR", number: true },
    { head: "Cosine", number: true },
    { head: "Max abs error", number: true },
    ...(withScore ? [{ head: "SQNR of the score", number: true }] : []),
    { head: "Result" },
  ];
  return tableOf("Parts of the outputs", columns, rows.slice(0, mostRows));
}

function entryTable(outputs: readonly MeasuredTensor[], show: Show): Markup {
  const rows = outputs.flatMap(({ tensor, entries }) => {
    if (entries === undefined) return [];
    const order = entries.sqnrDb.map((value, index) => ({ value, index })).toSorted((a, b) => fromNum(a.value) - fromNum(b.value) || 0);
    return order
      .slice(0, worstEntries)
      .map(({ value, index }) => [
        html`<code>${show(tensor)}</code>`,
        String(entries.axis),
        String(index),
        formatMetric("sqnrDb", value),
        formatMetric("maxAbs", entries.weight[index]),
      ]);
  });
  const columns = [
    { head: "Output" },
    { head: "Axis", number: true },
    { head: "Entry", number: true },
    { head: "SQNR", number: true },
    { head: "Magnitude by the whole’s", number: true },
  ];
  return tableOf("Entries along an axis", columns, rows.slice(0, mostRows));
}

function sampleTable(outputs: readonly MeasuredTensor[], show: Show): Markup {
  const rows = outputs.flatMap(({ tensor, samplesWithin }) =>
    (samplesWithin?.worst ?? []).map(({ sample, metric, value }) => [
      html`<code>${show(tensor)}</code>`,
      String(sample),
      metricLabel(metric),
      formatMetric(metric, value),
    ]),
  );
  const columns = [{ head: "Output" }, { head: "Sample", number: true }, { head: "Metric" }, { head: "Value", number: true }];
  return tableOf("Samples that miss the limits by themselves", columns, rows.slice(0, mostRows));
}
