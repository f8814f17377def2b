/** The result in one line, for the log and for a run in which nothing changed. Foreign words in it are plain already. */
import { formatLimit, formatMargin, formatMetric, metricLabel } from "./figures.ts";
import type { ModelReport, Report } from "./schema.ts";
import { headlineWords } from "./sections/headline.ts";
import { byUrgency, verdictWord } from "./sections/labels.ts";
import { outputRows, rowName } from "./sections/outputs.ts";
import { plainLine } from "./text.ts";

/** `regression: Do not merge: …; softmax_0.tmp_0 SQNR 18.4 dB (limit ≥ 20 dB, margin −1.58 dB); worst layer p2o.Conv.7, injected 21.2 dB`. */
export function renderLogLine(report: Report): string {
  const first = byUrgency(report.models)[0];
  const parts = [headlineWords(report, (name) => plainLine(name, 80)), ...(first ? [figureWords(first), layerWords(first)] : [])];
  return `${verdictWord[report.verdict]}: ${parts.filter((part) => part !== "").join("; ")}`;
}

function figureWords(model: ModelReport): string {
  const row = outputRows(model)[0];
  if (row === undefined) return plainLine(model.message, 300);
  const limit =
    row.limit === undefined ? "" : ` (limit ${formatLimit(row.metric, row.limit)}, margin ${formatMargin(row.metric, row.margin)})`;
  return `${rowName(row, (name) => plainLine(name, 80))} ${metricLabel(row.metric)} ${formatMetric(row.metric, row.value)}${limit}`;
}

function layerWords(model: ModelReport): string {
  const worst = model.worst[0];
  if (worst === undefined || model.verdict === "pass") return "";
  return `worst layer ${plainLine(worst.node, 80)}, injected ${formatMetric("sqnrDb", worst.injectedSqnrDb)}`;
}
