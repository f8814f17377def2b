/** The table of outputs: each limit that an output is judged by, worst margin first. Keeps its head whatever the caps. */
import { findMetric, marginOf, meets } from "../../measure/metrics.ts";
import type { SizeLimits } from "../detail-levels.ts";
import { formatLimit, formatMargin, formatMetric, metricLabel } from "../figures.ts";
import { code, table } from "../markdown.ts";
import { fromNum, type MeasuredTensor, type ModelReport, type Num, type Report, toNum } from "../schema.ts";
import { byUrgency, levelMark, plural, verdictMark } from "./labels.ts";

/** One judged figure. `level` is this row's own: another metric of the same output may have failed. */
export interface OutputRow {
  readonly model: string;
  readonly output: string;
  readonly metric: string;
  readonly of: "tensor" | "score" | "baseline";
  readonly value: Num | undefined;
  readonly limit: Num | undefined;
  readonly margin: Num | undefined;
  readonly level: MeasuredTensor["level"];
  readonly baseline: Num | undefined;
}

/** Rows of one model: its `fail` limits and, when something else decided (a score, the baseline), that too. An output without limits gives its SQNR. */
export function outputRows(model: ModelReport): OutputRow[] {
  return model.outputs.flatMap((output) => tensorRows(model, output)).toSorted((a, b) => urgency(a) - urgency(b));
}

/** The table for all models; rows beyond the caps are counted below it. Models without any figure appear with their verdict; no models, no table. */
export function outputsTable(report: Report, caps: SizeLimits): string {
  if (report.models.length === 0) return "";
  const several = report.models.length > 1;
  const withBase = report.models.some((model) => model.baseline !== null);
  const rows = byUrgency(report.models).flatMap((model): (OutputRow | ModelReport)[] => {
    const figures = outputRows(model);
    return figures.length === 0 ? [model] : figures;
  });
  const shown = rows
    .slice(0, caps.outputRows)
    .map((row) => ("metric" in row ? cells(row, several, withBase, caps) : emptyRow(row, several, withBase, caps)));
  const head = [...(several ? ["Model"] : []), "Output", "Metric", "Value", "Limit", "Margin", ...(withBase ? ["Base"] : []), "Result"];
  const text = table(head, shown, [...(several ? ["l"] : []), "l", "l", "r", "r", "r", ...(withBase ? ["r"] : []), "l"]);
  return rows.length > shown.length ? `${text}\n\n…and ${plural(rows.length - shown.length, "more row")} in the report.` : text;
}

function tensorRows(model: ModelReport, output: MeasuredTensor): OutputRow[] {
  const base = { model: model.name, output: output.tensor };
  const before = new Map(Object.entries(output.baseline ?? baselineOf(model, output.tensor)?.metrics ?? {}));
  const values = new Map(Object.entries(output.metrics));
  const rows: OutputRow[] = Object.entries(output.limits ?? {}).map(([metric, limits]) => {
    const value = values.get(metric);
    const limit = limits?.fail;
    const name = findMetric(metric)?.name;
    const margin =
      name !== undefined && limit !== undefined && value !== undefined ? toNum(marginOf(name, fromNum(value), fromNum(limit))) : undefined;
    return {
      ...base,
      metric,
      of: "tensor",
      value,
      limit,
      margin,
      level: rowLevel(output, metric, value, limit),
      baseline: before.get(metric),
    };
  });
  const decided = output.decidedBy;
  if (decided && !rows.some((row) => row.metric === decided.metric && row.of === decided.of)) {
    rows.push({ ...base, ...decided, level: output.level, baseline: decided.of === "score" ? undefined : before.get(decided.metric) });
  }
  if (rows.length > 0) return rows;
  return [
    {
      ...base,
      metric: "sqnrDb",
      of: "tensor",
      value: output.metrics.sqnrDb,
      limit: undefined,
      margin: undefined,
      level: output.level,
      baseline: before.get("sqnrDb"),
    },
  ];
}

const baselineOf = (model: ModelReport, tensor: string) => model.baseline?.outputs.find((output) => output.tensor === tensor);

/** A row that holds its limit is a pass even when its tensor failed by another; any other row takes the tensor's level. */
function rowLevel(output: MeasuredTensor, metric: string, value: Num | undefined, limit: Num | undefined): MeasuredTensor["level"] {
  const name = findMetric(metric)?.name;
  const holds = name !== undefined && value !== undefined && limit !== undefined && meets(name, fromNum(value), fromNum(limit));
  return output.decidedBy !== undefined && output.decidedBy.metric !== metric && holds && output.level === "fail" ? "pass" : output.level;
}

function cells(row: OutputRow, several: boolean, withBase: boolean, caps: SizeLimits): string[] {
  return [
    ...(several ? [code(row.model, caps.nameLength)] : []),
    code(row.output, caps.nameLength),
    metricLabel(row.metric) + (row.of === "tensor" ? "" : row.of === "score" ? " of the score" : " against base"),
    formatMetric(row.metric, row.value),
    formatLimit(row.metric, row.limit),
    formatMargin(row.metric, row.margin),
    ...(withBase ? [formatMetric(row.metric, row.baseline)] : []),
    levelMark[row.level],
  ];
}

const emptyRow = (model: ModelReport, several: boolean, withBase: boolean, caps: SizeLimits): string[] => [
  ...(several ? [code(model.name, caps.nameLength)] : []),
  model.status === "removed" ? "removed by this change" : "nothing compared",
  "–",
  "–",
  "–",
  "–",
  ...(withBase ? ["–"] : []),
  model.status === "removed" ? "not checked" : `${verdictMark[model.verdict]} ${model.verdict}`,
];

const levels: readonly MeasuredTensor["level"][] = ["fail", "undecided", "warn", "waived", "pass", "unjudged"];
const urgency = (row: OutputRow): number => levels.indexOf(row.level);
