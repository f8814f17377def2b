/** The result as a table for a terminal or a plain log: outputs with their limits, then the worst layers of what is not green. */
import { formatLimit, formatMargin, formatMetric } from "./figures.ts";
import type { ModelReport, Report } from "./schema.ts";
import { headlineWords } from "./sections/headline.ts";
import { byUrgency, type VerdictKind, verdictWord } from "./sections/labels.ts";
import { outputRows, rowLabel, rowName } from "./sections/outputs.ts";
import { plainLine } from "./text.ts";

export interface TerminalOptions {
  /** ANSI colours: on a terminal only. */
  readonly ansi: boolean;
  /** Rows of outputs and, for each model, of layers. Defaults 40 and 5. */
  readonly outputRows?: number;
  readonly layerRows?: number;
}

type Paint = (style: Style, text: string) => string;
type Style = "pass" | "regression" | "undecided" | "dim" | "bold";

/** Ends without a line break. */
export function renderTerminal(report: Report, options: TerminalOptions): string {
  const paint: Paint = options.ansi ? (style, text) => `\u001b[${codes[style]}m${text}\u001b[0m` : (_, text) => text;
  const models = byUrgency(report.models);
  const parts = [
    paint(
      report.verdict,
      headlineWords(report, (name) => plainLine(name, 60)),
    ),
    outputsTable(models, options.outputRows ?? 40, paint),
    models
      .flatMap((model) => (model.caveats ?? []).map(({ reason, message }) => `${name(model.name)}: ${reason}: ${plainLine(message, 600)}`))
      .join("\n"),
    ...models.filter((model) => model.verdict !== "pass").flatMap((model) => layerTable(model, options.layerRows ?? 5, paint)),
  ];
  return parts.filter((part) => part !== "").join("\n\n");
}

function outputsTable(models: readonly ModelReport[], most: number, paint: Paint): string {
  const rows = models.flatMap((model) => {
    const figures = outputRows(model);
    if (figures.length === 0)
      return [{ verdict: model.verdict, cells: [name(model.name), "–", "–", "–", "–", "–", verdictWord[model.verdict]] }];
    return figures.map((row) => ({
      verdict: row.level === "fail" ? ("regression" as const) : row.level === "undecided" ? ("undecided" as const) : ("pass" as const),
      cells: [
        name(model.name),
        rowName(row, name),
        rowLabel(row),
        formatMetric(row.metric, row.value),
        formatLimit(row.metric, row.limit),
        formatMargin(row.metric, row.margin),
        row.level,
      ],
    }));
  });
  if (rows.length === 0) return "";
  const lines = aligned(
    ["Model", "Output", "Metric", "Value", "Limit", "Margin", "Result"],
    rows.slice(0, most).map((row) => row.cells),
    "lllrrrl",
  );
  const [head = "", ...body] = lines;
  const more = rows.length > most ? [paint("dim", `…and ${rows.length - most} more in the report`)] : [];
  return [paint("bold", head), ...body.map((line, i) => paint(rows[i]?.verdict ?? "pass", line)), ...more].join("\n");
}

function layerTable(model: ModelReport, most: number, paint: Paint): string {
  if (model.worst.length === 0) return model.verdict === "undecided" ? plainLine(model.message, 400) : "";
  const rows = model.worst
    .slice(0, most)
    .map((layer) => [
      name(layer.node),
      layer.opType === "" ? "–" : name(layer.opType),
      formatMetric("sqnrDb", layer.injectedSqnrDb),
      formatMetric("sqnrDb", layer.accumulatedSqnrDb),
    ]);
  const [head = "", ...body] = aligned([`Worst layers of ${name(model.name)}`, "Operator", "Injected", "Accumulated"], rows, "llrr");
  return [paint("bold", head), ...body].join("\n");
}

/** Columns padded to their widest cell, two spaces apart; `align` has one letter a column. */
function aligned(head: readonly string[], rows: readonly (readonly string[])[], align: string): string[] {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => width(row[column] ?? ""))));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => {
        const gap = " ".repeat((widths[column] ?? 0) - width(cell));
        return align[column] === "r" ? gap + cell : cell + gap;
      })
      .join("  ")
      .trimEnd();
  return [head, ...rows].map(line);
}

const name = (text: string): string => plainLine(text, 48);
const width = (text: string): number => Array.from(text.replaceAll("\u200b", "")).length;
const codes: Readonly<Record<Style, string>> = { pass: "32", regression: "31", undecided: "33", dim: "2", bold: "1" } satisfies Record<
  VerdictKind | "dim" | "bold",
  string
>;
