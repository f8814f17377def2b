/** The result in one line, for the log and for a run in which nothing changed. Foreign words in it are plain already. */
import type { ModelReport, Report } from "./schema.ts";
import { causeOf } from "./sections/cause.ts";
import { headlineWords } from "./sections/headline.ts";
import { byUrgency, verdictWord } from "./sections/labels.ts";
import { decidingRow, limitPhrase, rowLabel, rowName } from "./sections/outputs.ts";
import { changePart } from "./sections/story.ts";
import { plainLine } from "./text.ts";

/** `regression: Do not merge: …; softmax_0.tmp_0 SQNR 18.4 dB (limit ≥ 20 dB, margin −1.58 dB); cause: p2o.Conv.7 loses …`. */
export function renderLogLine(report: Report): string {
  const first = byUrgency(report.models)[0];
  const parts = [headlineWords(report, (name) => plainLine(name, 80)), ...(first ? [figureWords(first), layerWords(first)] : [])];
  return `${verdictWord[report.verdict]}: ${parts.filter((part) => part !== "").join("; ")}`;
}

function figureWords(model: ModelReport): string {
  const row = decidingRow(model);
  if (row === undefined) return plainLine(model.message, 300);
  const limit = row.limit === undefined ? "" : ` (${limitPhrase(row)}, margin ${row.words.margin})`;
  const change = changePart(model, row, (words) => plainLine(words, 80));
  return `${rowName(row, (name) => plainLine(name, 80))} ${plainLine(rowLabel(row), 80)} ${row.words.value}${limit}${change === "" ? "" : `, ${change}`}`;
}

function layerWords(model: ModelReport): string {
  if (model.verdict === "pass") return "";
  const cause = causeOf(model, (name) => plainLine(name, 80));
  return cause === undefined ? "" : plainLine(`cause: ${cause.lead}`, 300);
}
