/**
 * What a reviewer needs of one model in one line: its figure and how that changed, what is kept or would have to be and what that gives, the harm in
 * the task's terms, the latency. Parts are plain words; foreign names go through `show`.
 */

import { capitalized } from "../../gate/messages.ts";
import { listed, plural } from "../../model/plural.ts";
import { missWords, spareDb, spareWords } from "../../model/spare.ts";
import { changeWords, largestDrop } from "../base-change.ts";
import type { SizeLimits } from "../detail-levels.ts";
import { formatMetric, metricLabel } from "../figures.ts";
import { code, escapeMarkdown } from "../markdown.ts";
import { fromNum, type KeptUnit, type MeasuredTensor, type ModelReport, type Num, type Report, toNum } from "../schema.ts";
import { keepsEverything } from "./fix.ts";
import { keptSentence } from "./kept.ts";
import { byUrgency, fixCaveatWords, markOf } from "./labels.ts";
import { latencyPart } from "./latency.ts";
import { decidingRow, limitPhrase, missesByWarning, type OutputRow, outputRows, rowLabel, rowName, wordsOfTask } from "./outputs.ts";

/** `several`: this model's message may stand nowhere else outside a fold. `show` writes a name, `say` a sentence with foreign words in it. Empty parts are left out; a model that nothing was compared of gives why. */
function storyParts(model: ModelReport, several: boolean, show: (name: string) => string, say: (sentence: string) => string): string[] {
  const row = decidingRow(model);
  if (model.status === "removed") return [];
  if (row === undefined) return [say(`not judged: ${firstSentence(model.message)}`)];
  return [
    figurePart(row, show),
    changePart(model, row, say),
    causePart(model, say),
    warningPart(model, row, show),
    keptSentence(model, show),
    fixPart(model, show, say),
    harmPart(model, show, say),
    latencyPart(model, say),
    several && model.verdict === "undecided" ? say(`not decided: ${firstSentence(model.message)}`) : "",
  ].filter((part) => part !== "");
}

/** What stands of it in a terminal, where the other parts have lines of their own: sentences. Empty where nothing was compared. */
export function figureSentences(model: ModelReport, say: (words: string) => string): string {
  const row = decidingRow(model);
  if (row === undefined || model.status === "removed") return "";
  const figures = [figurePart(row, say), warningPart(model, row, say)].filter((part) => part !== "").join("; ");
  const harm = harmPart(model, say, say).replace(/\.$/, "");
  return [figures, model.task === null ? capitalized(harm) : harm].flatMap((part) => (part === "" ? [] : `${part}.`)).join(" ");
}

/** One line a model, most urgent first, under the headline; what has no room is counted. */
export function storyLines(report: Report, caps: SizeLimits): string {
  const told = byUrgency(report.models).map((model) => {
    // The only model's message stands below by itself.
    if (report.models.length === 1 && decidingRow(model) === undefined) return "";
    const parts = storyParts(
      model,
      report.models.length > 1,
      (name) => code(name, caps.nameLength),
      (sentence) => escapeMarkdown(sentence, caps.nameLength),
    );
    return parts.length === 0 ? "" : `- ${markOf(model)} **${code(model.name, caps.nameLength)}** · ${parts.join(" · ")}`;
  });
  const lines = told.filter((line) => line !== "");
  const most = Math.max(1, caps.models, Math.min(caps.outputRows, 20));
  return [
    ...lines.slice(0, most),
    ...(lines.length > most ? [`- …and ${plural(lines.length - most, "more model")} in the report`] : []),
  ].join("\n");
}

/** Without its full stop. */
const firstSentence = (text: string): string => (text.split(/(?<=\.) (?=[A-Z"`])/)[0] ?? "").replace(/\.$/, "");

/** `softmax 20.6 dB (19.9 to 21.4 at 90 %, limit ≥ 22 dB)`; another metric than SQNR is named. Of the user's own metric both sides stand in `harmPart`. */
function figurePart(row: OutputRow, show: (name: string) => string): string {
  if (row.of === "task") return "";
  const label = row.metric === "sqnrDb" && row.of === "tensor" ? "" : ` ${rowLabel(row)}`;
  const beside = [
    ...(row.words.interval === "–" ? [] : [`${row.words.interval} at 90 %`]),
    ...(row.limit === undefined ? [] : [limitPhrase(row)]),
  ].join(", ");
  return `${rowName(row, show)}${label} ${row.words.value}${beside === "" ? "" : ` (${beside})`}`;
}

/** `warns: softmax cosine of the score 0.9795 (limit ≥ 0.997)`: beside a pass only, whose own figure meets its limit. */
function warningPart(model: ModelReport, shown: OutputRow, show: (name: string) => string): string {
  const warned = model.verdict === "pass" && !missesByWarning(shown) ? outputRows(model).find(missesByWarning) : undefined;
  return warned === undefined ? "" : `warns: ${figurePart(warned, show)}`;
}

/** The figure that is held against the base's: the row's own where it is SQNR, else the SQNR of its output or part, else the row's. Undefined without the base's. */
export function againstBase(
  { baseline, outputs }: Pick<ModelReport, "outputs" | "baseline">,
  row: OutputRow,
): { readonly metric: string; readonly now: Num | undefined; readonly before: Num; readonly isOfRow: boolean } | undefined {
  const own = row.baseline === undefined ? undefined : { metric: row.metric, now: row.value, before: row.baseline, isOfRow: true };
  if (own?.metric === "sqnrDb") return own;
  const place = (output: MeasuredTensor | undefined) =>
    row.part === undefined ? output?.metrics : output?.parts?.find(({ name }) => name === row.part)?.metrics;
  const of = (all: readonly MeasuredTensor[]) =>
    place(all.find(({ tensor }) => tensor === row.output) ?? (all.length === 1 ? all[0] : undefined))?.sqnrDb;
  const [now, before] = [of(outputs), of(baseline?.outputs ?? [])];
  return now === undefined || before === undefined ? own : { metric: "sqnrDb", now, before, isOfRow: false };
}

/** `10.1 dB below main's 36.2 dB`, behind the output's SQNR where the row is about another figure; of a model that the base lacks that it is new. */
export function changePart(model: Pick<ModelReport, "outputs" | "baseline">, row: OutputRow, say: (words: string) => string): string {
  const { baseline } = model;
  if (baseline === null) return "";
  if (baseline.source === "new") return "new in this change";
  const pair = againstBase(model, row);
  if (pair === undefined) return "";
  const words = changeWords(pair.metric, pair.now, pair.before, baseline, say);
  return pair.isOfRow ? words : `${metricLabel(pair.metric)} ${formatMetric(pair.metric, pair.now)}, ${words}`;
}

/** At most two causes: the rest is in the details. Of a pass that lost nothing by far they are only what changed. */
export function causePart(model: ModelReport, say: (sentence: string) => string): string {
  const causes = model.baseline?.causes ?? [];
  if (causes.length === 0) return "";
  const lead = model.verdict === "pass" && largestDrop(model) === undefined ? "changed" : "suspected";
  return `${lead}: ${causes.slice(0, 2).map(say).join("; ")}`;
}

/** `keep Conv.2 and Conv.7: 22.5 dB, proved on 8 samples`. */
function fixPart(model: ModelReport, show: (name: string) => string, say: (sentence: string) => string): string {
  const { search } = model;
  if (search === null || search.keep.length === 0) return "";
  if (keepsEverything(search)) return "no set of units smaller than all is enough";
  return [`keep ${unitNames(search.keep, show)}`, gainOf(model, say)].filter((part) => part !== "").join(": ");
}

/** At most three names, the rest as a number. */
export function unitNames(units: readonly KeptUnit[], show: (name: string) => string): string {
  const names = units.slice(0, 3).map(({ unit, nodes }) => show(nodes[0] ?? unit));
  if (units.length > 3) return `${names.join(", ")} and ${units.length - 3} more`;
  return listed(names);
}

/**
 * What the kept units give: the figure that is nearest to its limit with what is left to it and how sure that is. Of a report that does not name this figure its
 * SQNR alone: a margin may be another figure's. `show` writes what names may stand in.
 */
export function gainOf(model: ModelReport, show: (words: string) => string): string {
  const proof = model.search?.proof;
  const isExact = proof?.margin === "Infinity";
  const spare =
    proof?.nearest === undefined || proof.low === undefined || proof.margin === undefined || isExact
      ? ""
      : ` (${lowerEnd(proof.margin, proof.low)})`;
  const figure = nearestFigure(model, show);
  return figure === "" ? "" : `${figure}${spare}${proofWords(model)}${fixCaveatWords(model.fix)}`;
}

/** The same in fewer words, where the rest stands beside it. */
export function fixedFigure(model: ModelReport, show: (words: string) => string): string {
  const figure = nearestFigure(model, show);
  return figure === "" ? "" : `${figure}${proofWords(model)}`;
}

function nearestFigure({ search, fix }: ModelReport, show: (words: string) => string): string {
  const proof = search?.proof;
  const sqnr = proof?.sqnrDb ?? search?.heldOut?.sqnrDb ?? fix?.verified?.outputs[0]?.metrics.sqnrDb;
  if (sqnr === undefined) return "";
  return proof?.nearest === undefined ? formatMetric("sqnrDb", sqnr) : show(proof.nearest);
}

const proofWords = ({ search }: ModelReport): string => (search?.proof === undefined ? "" : `, ${stateWords(search.proof)}`);

/** dB of error, one unit for all metrics. */
function lowerEnd(margin: Num, low: Num): string {
  const [db, worst] = [fromNum(margin), fromNum(low)];
  if (db < 0) return missWords(db, worst);
  return `${spareWords(db)}, nine times of ten at least ${spareDb(worst)}`;
}

type Proof = NonNullable<NonNullable<ModelReport["search"]>["proof"]>;
function stateWords({ state, samples }: Proof): string {
  const on = samples > 0 ? ` on ${plural(samples, "sample")}` : "";
  if (state === "likely") return `likely${on}, not proved`;
  return state === "none" ? `not proved${on}` : `${state === "proved" ? "proved" : "limit missed"}${on}`;
}

/** The task's own metric, else the share of samples with the same best class, without and with the fix. */
function harmPart({ task, harm, outputs, fix }: ModelReport, show: (name: string) => string, say: (sentence: string) => string): string {
  if (task !== null) {
    const { reference, candidate, drop, maxDrop } = wordsOfTask(task);
    return `${show(task.metric)} ${reference} → ${candidate}, drop ${drop} (limit ≤ ${maxDrop})`;
  }
  const [told] = harm ?? [];
  if (told !== undefined) return say(told.message);
  const [before, after] = [agreementOf(outputs), agreementOf(fix?.verified?.outputs ?? [])];
  if (before === undefined) return "";
  if (after === undefined && before.share >= 1) return "";
  const counts = [before, ...(after === undefined ? [] : [after])].map(otherOf);
  const words = counts.every((count) => count !== undefined)
    ? counts.map((count, i) => `${i === 0 ? "another top-1" : "with the fix"} in ${count}`)
    : [before, ...(after === undefined ? [] : [after])].map(
        ({ share }, i) => `${i === 0 ? "same top-1 in" : "with the fix"} ${formatMetric("top1Agreement", toNum(share))}`,
      );
  return words.join(", ");
}

interface Agreement {
  readonly share: number;
  readonly samples: number;
}

function agreementOf(outputs: readonly MeasuredTensor[]): Agreement | undefined {
  const found = outputs.find(({ metrics }) => metrics.top1Agreement !== undefined);
  const share = found?.metrics.top1Agreement;
  return found === undefined || share === undefined ? undefined : { share: fromNum(share), samples: found.samples };
}

/** `1 of 96`: those whose best class is another; the fix is measured on other samples, of which there are fewer. Undefined where a sample decides several times. */
function otherOf({ share, samples }: Agreement): string | undefined {
  const others = (1 - share) * samples;
  return Math.abs(others - Math.round(others)) < 1e-6 ? `${Math.round(others)} of ${samples}` : undefined;
}
