/** The table of outputs: every check of every output, worst first. Keeps its head whatever the caps. Reads the report's checks; judges nothing. */
import { roughWords } from "../../gate/intervals.ts";
import { worseLevel } from "../../gate/levels.ts";
import { counterpart } from "../../gate/parts.ts";
import { taskWords } from "../../gate/task-figures.ts";
import { findMetric } from "../../measure/metrics.ts";
import { plural } from "../../model/plural.ts";
import type { SizeLimits } from "../detail-levels.ts";
import { formatInterval, formatLimit, formatMargin, formatMetric, metricLabel } from "../figures.ts";
import { blocks, code, table } from "../markdown.ts";
import { type CheckReport, fromNum, type MeasuredTensor, type ModelReport, type Num, type Report, toNum } from "../schema.ts";
import { byUrgency, levelMark, verdictMark } from "./labels.ts";

/** One judged figure. `level` is this row's own: another metric of the same output may have failed. */
export interface OutputRow {
  readonly model: string;
  readonly output: string;
  /** A part of the output, or an entry along an axis; undefined for the whole. */
  readonly part: string | undefined;
  /** What kept the output from being measured, where something did. */
  readonly metric: string;
  /** `task`: not of an output but the user's own metric, whose drop is `value`. */
  readonly of: CheckReport["of"] | "task";
  readonly value: Num | undefined;
  readonly limit: Num | undefined;
  readonly margin: Num | undefined;
  readonly marginDb: Num | undefined;
  readonly level: MeasuredTensor["level"];
  readonly interval: CheckReport["interval"];
  readonly baseline: Num | undefined;
  /** How it is written: signs and units included, `–` for what there is not. */
  readonly words: RowWords;
}

type RowWords = { readonly [key in "value" | "interval" | "limit" | "margin" | "baseline"]: string };

/** Rows of one model, worst first, and the user's own metric among them. An output that nothing judged gives its SQNR, one that could not be measured its fault. */
export const outputRows = (model: ModelReport): OutputRow[] =>
  [...model.outputs.flatMap((output) => tensorRows(model, output)), ...taskRow(model)].toSorted(byWorst);

/**
 * The row that a line about the model shows: what failed, else of a pass the figure that is nearest to the limit that it meets. A figure that only
 * warns, such as a score behind saturated probabilities, may miss the limit beside it and decides nothing. Undefined without rows.
 */
export function decidingRow(model: ModelReport): OutputRow | undefined {
  const rows = outputRows(model);
  const met = rows.filter(({ level, margin }) => level === "waived" || (margin !== undefined && fromNum(margin) >= 0));
  return model.verdict === "pass" ? (met.toSorted(byDistance)[0] ?? rows[0]) : rows[0];
}

/** Only a warning, although it misses the limit beside it. */
export const missesByWarning = ({ level, margin }: OutputRow): boolean => level === "warn" && margin !== undefined && fromNum(margin) < 0;

/** The output's name, with its part's where the row is about one. `show` writes a name; the user's own metric is of none. */
export const rowName = ({ output, part, of }: Pick<OutputRow, "output" | "part" | "of">, show: (name: string) => string): string =>
  of === "task" ? "task" : part === undefined ? show(output) : `${show(output)} › ${show(part)}`;

/** SQNR's label with "of the score" or "against base" where it is not of the output itself. */
export const rowLabel = ({ metric, of }: Pick<OutputRow, "metric" | "of">): string =>
  metricLabel(metric) + (of === "score" ? " of the score" : of === "baseline" ? " against base" : "");

/** The table for all models; rows beyond the caps are counted below it. Models without any figure appear with their verdict; no models, no table. */
export function outputsTable(report: Report, caps: SizeLimits): string {
  const [only, ...others] = report.models;
  // Of one model that was not measured the message says everything.
  if (only === undefined || (others.length === 0 && only.verdict === "undecided" && outputRows(only).length === 0)) return "";
  const several = report.models.length > 1;
  const withBase = report.models.some(({ baseline }) => (baseline?.outputs ?? []).length > 0);
  const rows = byUrgency(report.models).flatMap((model): (OutputRow | ModelReport)[] => {
    const figures = outputRows(model);
    return figures.length === 0 ? [model] : figures;
  });
  const shown = rows
    .slice(0, caps.outputRows)
    .map((row) => ("metric" in row ? cells(row, several, withBase, caps) : emptyRow(row, several, withBase, caps)));
  const head = [...(several ? ["Model"] : []), "Output", "Metric", "Value", "Limit", "Margin", ...(withBase ? ["Base"] : []), "Result"];
  const text = table(head, shown, [...(several ? ["l"] : []), "l", "l", "r", "r", "r", ...(withBase ? ["r"] : []), "l"]);
  const more = rows.length > shown.length ? `…and ${plural(rows.length - shown.length, "more row")} in the report.` : "";
  return blocks(text, roughIntervals(report.models), more);
}

function tensorRows(model: ModelReport, output: MeasuredTensor): OutputRow[] {
  const base = baselineOf(model, output.tensor);
  const before = ({ part, where = "", metric }: Partial<CheckReport>): Num | undefined => {
    const figures =
      part === undefined
        ? (output.baseline ?? base?.metrics)
        : counterpart({ name: part, where }, base?.parts ?? [], (one) => one)?.metrics;
    return new Map(Object.entries(figures ?? {})).get(metric ?? "");
  };
  const values = new Map(Object.entries(output.metrics));
  const empty = { value: undefined, limit: undefined, margin: undefined, marginDb: undefined };
  const row = (check: Partial<CheckReport> & Pick<CheckReport, "metric" | "of" | "level">): OutputRow => {
    const { metric, interval, value, limit, margin, of } = check;
    const baseline = of === "tensor" || of === "baseline" ? before(check) : undefined;
    // A warning is about its own limit: beside the one that it meets it would read as a pass.
    const shown = check.level === "warn" && check.warnLimit !== undefined ? check.warnLimit : limit;
    const words: RowWords = {
      value: formatMetric(metric, value, shown),
      interval: intervalWords(metric, value, interval, shown),
      limit: `${formatLimit(metric, shown)}${shown !== undefined && shown === check.warnLimit ? warnMark : ""}`,
      margin: formatMargin(metric, shown === limit ? margin : marginTo(metric, value, shown)),
      baseline: formatMetric(metric, baseline),
    };
    return { ...empty, ...check, part: check.part, interval, model: model.name, output: output.tensor, baseline, words };
  };
  const checks = checksOf(output);
  if (checks.length > 0) return checks.map(row);
  const metric = output.fault ?? "sqnrDb";
  return [row({ metric, of: "tensor", value: values.get(metric), level: output.level })];
}

const warnMark = " (warn)";

/** `limit ≥ 20 dB`, `warning limit ≥ 95 %`: the limit of a row in a sentence. */
export const limitPhrase = ({ words: { limit } }: OutputRow): string =>
  limit.endsWith(warnMark) ? `warning limit ${limit.slice(0, -warnMark.length)}` : `limit ${limit}`;

/** `–` as well where both ends read as the figure itself. */
function intervalWords(metric: string, value: Num | undefined, interval: CheckReport["interval"], limit: Num | undefined): string {
  if (interval === undefined) return "–";
  const figure = formatMetric(metric, value, limit);
  const ends = [interval.low, interval.high].map((end) => formatMetric(metric, end, limit));
  return ends.every((end) => end === figure) ? "–" : formatInterval(metric, interval, limit);
}

/** In the metric's own unit, negative beyond `limit`. */
function marginTo(metric: string, value: Num | undefined, limit: Num | undefined): Num | undefined {
  if (value === undefined || limit === undefined) return undefined;
  const difference = fromNum(value) - fromNum(limit);
  return toNum(findMetric(metric)?.direction === "lower" ? -difference : difference);
}

/** Both sides of the user's own metric, its drop and limit, in one rounding. */
export const wordsOfTask = ({ reference, candidate, drop, maxDrop }: NonNullable<ModelReport["task"]>) =>
  taskWords({ reference: fromNum(reference), candidate: fromNum(candidate), drop: fromNum(drop), maxDrop: fromNum(maxDrop) });

/** What the user's own command found, in its own unit. */
function taskRow({ name, task }: ModelReport): OutputRow[] {
  if (task === null) return [];
  const words = wordsOfTask(task);
  return [
    {
      model: name,
      output: "",
      part: undefined,
      metric: task.metric,
      of: "task",
      value: task.drop,
      limit: task.maxDrop,
      margin: toNum(fromNum(task.maxDrop) - fromNum(task.drop)),
      marginDb: undefined,
      level: task.passes ? "pass" : "fail",
      interval: undefined,
      baseline: undefined,
      words: { value: `drop ${words.drop}`, interval: "–", limit: `≤ ${words.maxDrop}`, margin: words.margin, baseline: "–" },
    },
  ];
}

/** A report of a version before `checks` has only the one that decided. */
const checksOf = ({ checks, decidedBy, level }: MeasuredTensor): readonly CheckReport[] =>
  checks ?? (decidedBy === undefined ? [] : [{ ...decidedBy, level }]);

const baselineOf = (model: ModelReport, tensor: string) => model.baseline?.outputs.find((output) => output.tensor === tensor);

function cells(row: OutputRow, several: boolean, withBase: boolean, caps: SizeLimits): string[] {
  return [
    ...(several ? [code(row.model, caps.nameLength)] : []),
    rowName(row, (name) => code(name, caps.nameLength)),
    row.of === "task" ? code(row.metric, caps.nameLength) : rowLabel(row),
    row.words.value + (row.words.interval === "–" ? "" : ` (${row.words.interval})`),
    row.words.limit,
    row.words.margin,
    ...(withBase ? [row.words.baseline] : []),
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

/** What the intervals beside figures are worth where samples are few, by the model that has fewest; empty where none is shown, or all have enough. */
export function roughIntervals(models: readonly ModelReport[]): string {
  const shown = models.flatMap((model) => (outputRows(model).some(({ interval }) => interval !== undefined) ? model.outputs : []));
  const words = roughWords(Math.min(...shown.map(({ samples }) => samples)));
  return words === "" ? "" : `The 90 % interval beside a figure is ${words}.`;
}

/** A pooled figure stands before samples one by one, these before a single entry. */
const rank = ({ of }: OutputRow): number => (of === "samples" ? 1 : of === "entry" ? 2 : 0);

/** By level, then by what is left of the error to the limit; rows without a margin keep their order behind the others. */
const byWorst = (a: OutputRow, b: OutputRow): number => worseLevel(a.level, b.level) || byDistance(a, b);

function byDistance(a: OutputRow, b: OutputRow): number {
  const distance = ({ marginDb }: OutputRow) =>
    marginDb === undefined || marginDb === "NaN" ? Number.POSITIVE_INFINITY : fromNum(marginDb);
  const [x, y] = [distance(a), distance(b)];
  return rank(a) - rank(b) || (x === y ? 0 : x - y);
}
