/** The first line: may I merge? And the one sentence behind it. */

import { allMadeUp } from "../../gate/evidence.ts";
import { plural } from "../../model/plural.ts";
import { largestDrop, shownBase } from "../base-change.ts";
import type { SizeLimits } from "../detail-levels.ts";
import { formatMetric } from "../figures.ts";
import { code, escapeMarkdown } from "../markdown.ts";
import type { ModelReport, Report } from "../schema.ts";
import { byUrgency, hasCaveats, precisionWords, verdictMark } from "./labels.ts";

/** `### ❌ Do not merge: INT8 lost accuracy in …`. At the smallest caps no name appears. */
export function headline(report: Report, caps: SizeLimits): string {
  const mark = hasCaveats(report) && report.verdict === "pass" ? "⚠️" : verdictMark[report.verdict];
  return `### ${mark} ${headlineWords(report, (name) => code(name, caps.nameLength))}`;
}

/** The same as words, for page titles, logs and annotations; `show` writes a model's name. */
export function headlineWords(report: Report, show: (name: string) => string): string {
  const checked = report.models.filter((model) => model.status !== "removed");
  const bad = checked.filter((model) => model.verdict === report.verdict);
  const who = bad.length === 1 && bad[0] ? show(bad[0].name) : `${bad.length} of ${plural(checked.length, "model")}`;
  if (report.verdict === "regression")
    return `Do not merge: ${randomWords(bad, ["measured on ", " alone, "])}${precisionWords(bad)} lost accuracy in ${who}${notJudgedWords(checked, show)}`;
  if (report.verdict === "undecided") {
    if (checked.length === 0) return "Not decided: nothing was compared";
    // Every model was judged, and then the run was cancelled.
    return bad.length === 0 ? "Not decided: the run ended early" : `Not decided: ${who} could not be judged`;
  }
  // A change without a model must not be held up; that it is no judgement of a model has to be said.
  if (checked.length === 0) return `No model ${report.models.length === 0 ? "changed" : "left to check"}: nothing to compare`;
  const careful = checked.filter(({ caveats }) => (caveats ?? []).length > 0);
  if (careful.length > 0) return carefulWords(careful, checked, show);
  return `Safe to merge: ${precisionWords(checked)} accuracy of ${checked.length === 1 ? who : `all ${checked.length} models`} is within limits`;
}

/** Of passes with caveats: what weighs most. A model that TensorRT refuses cannot ship, whatever its figures are. */
function carefulWords(careful: readonly ModelReport[], checked: readonly ModelReport[], show: (name: string) => string): string {
  const each = (of: readonly ModelReport[]) =>
    of.length === 1 && of[0] ? show(of[0].name) : `${of.length} of ${plural(checked.length, "model")}`;
  const haveOnly = (reason: string) => careful.every(({ caveats }) => caveats?.every((caveat) => caveat.reason === reason));
  const refused = careful.filter(({ caveats }) => caveats?.some(({ reason }) => reason === "not-for-tensorrt"));
  if (refused.length > 0) return `Within limits, but TensorRT refuses ${each(refused)}`;
  if (haveOnly("lost-since-base")) return fell(careful, checked, show);
  return haveOnly("not-certain")
    ? `Passes, but not certain: a limit of ${each(careful)} lies inside the interval of its figure`
    : `Within limits${randomWords(careful, [" on ", " alone"])}, but not proven safe: ${precisionWords(careful)} accuracy of ${each(careful)} has a caveat`;
}

/** `16 random inputs` between the two, where no sample of these models is one of real use; else empty. Before anything else is read out of the figures. */
function randomWords(models: readonly ModelReport[], [before, behind]: readonly [string, string]): string {
  const [first] = models;
  if (first === undefined || !models.every(({ validation }) => validation?.weak?.includes(allMadeUp))) return "";
  const inputs = models.length === 1 ? plural(first.validation.samples, "random input") : "random inputs";
  return `${before}${inputs}${behind}`;
}

/** All that is to say of the passes is that they lost far against the base. */
function fell(careful: readonly ModelReport[], checked: readonly ModelReport[], show: (name: string) => string): string {
  const [model, ...others] = careful;
  const drop = model && largestDrop(model);
  const words = `Within limits, but ${precisionWords(careful)} accuracy of`;
  if (model === undefined || drop === undefined || others.length > 0)
    return `${words} ${careful.length} of ${plural(checked.length, "model")} fell since the base`;
  const base = model.baseline === null ? "" : ` at ${shownBase(model.baseline, show)}`;
  return `${words} ${show(model.name)} fell from ${formatMetric(drop.metric, drop.before)}${base} to ${formatMetric(drop.metric, drop.now)}`;
}

/** `; cls could not be judged`: beside a regression, whose headline would pass over them. */
function notJudgedWords(checked: readonly ModelReport[], show: (name: string) => string): string {
  const [first, ...more] = checked.filter(({ verdict }) => verdict === "undecided");
  if (first === undefined) return "";
  return `; ${more.length === 0 ? show(first.name) : `${1 + more.length} more`} could not be judged`;
}

/** Message of the most urgent model and, when the run was cut short, that it was. */
export function reasonLines(report: Report, caps: SizeLimits): string {
  const first: ModelReport | undefined = byUrgency(report.models)[0];
  const several = report.models.length > 1;
  const lines = [
    first && caps.messageLength > 0
      ? `${several ? `${code(first.name, caps.nameLength)}: ` : ""}${escapeMarkdown(first.message, caps.messageLength)}`
      : "",
    report.complete ? "" : "**The run ended early; this report is not complete.**",
  ];
  return lines.filter((line) => line !== "").join("\n\n");
}
