/** What to do next: a short numbered list that ends in a command or a link, most useful first. */

import { lastCommit } from "../../model/base-name.ts";
import { listed } from "../../model/plural.ts";
import { shellWord } from "../../model/shell-word.ts";
import { changedFileRule } from "../../search/advice/changed-file.ts";
import { inputRangeRule } from "../../search/advice/input-range.ts";
import { madeUpRule } from "../../search/advice/made-up-samples.ts";
import { movedScalesRule } from "../../search/advice/moved-scales.ts";
import { isRenewal } from "../../search/advice/stale-cache.ts";
import { schemeRule, withoutGainRule } from "../../search/trials.ts";
import type { SizeLimits } from "../detail-levels.ts";
import { code, escapeMarkdown, link } from "../markdown.ts";
import type { ModelReport } from "../schema.ts";
import { fixedQdqFile, keptWords } from "./fix.ts";
import { fixCaveatWords } from "./labels.ts";

/** Links that a step may point at. */
export interface NextLinks {
  readonly htmlUrl?: string | undefined;
  readonly artifactUrl?: string | undefined;
  readonly runUrl?: string | undefined;
  /** Name of the uploaded report. */
  readonly artifactName?: string | undefined;
  /** By the model's path: where the fix stands as a suggestion to commit, or why it stands nowhere, as a clause. */
  readonly suggestions?: ReadonlyMap<string, { readonly url: string } | { readonly why: string }> | undefined;
}

/** Empty for a model that passes without warnings. */
export function nextSteps(model: ModelReport, links: NextLinks, caps: SizeLimits): string {
  const steps = stepsOf(model, caps, links);
  return steps.length === 0 ? "" : ["**What to do next**", "", ...steps.map((step, i) => `${i + 1}. ${step}`)].join("\n");
}

function stepsOf(model: ModelReport, caps: SizeLimits, links: NextLinks): string[] {
  if (model.status === "removed") return [];
  const words = (entries: ModelReport["advice"]) => entries.map((entry) => escapeMarkdown(entry.text, caps.messageLength));
  const first = model.advice.filter(isFirst);
  const advice = words(model.advice.filter((entry) => !isFirst(entry)).slice(0, caps.adviceRows));
  if (model.verdict === "regression") return [...words(first), ...fixSteps(model), ...advice, ...whereToLook(model, links)];
  if (model.verdict === "undecided") return [...toolSteps(model), ...words(first), ...advice, ...whereToLook(model, links)];
  // The message of a pass by kept units says it already.
  return [...words(first.filter((entry) => model.kept === undefined || !isRestore(entry))), ...advice];
}

const isFirst = (entry: ModelReport["advice"][number]): boolean => isRenewal(entry) || isRestore(entry) || isOfSamples(entry);

/** Of a cache that belongs to another model or lacks scales: why, as a clause, the command that renews it, and whether its own scales were judged. */
export function renewalOf({
  advice,
}: Pick<ModelReport, "advice">): { readonly why: string; readonly command: string; readonly isJudged: boolean } | undefined {
  const { why, command, judged } = advice.find(isRenewal)?.evidence ?? {};
  return command === undefined ? undefined : { why: String(why), command: String(command), isJudged: judged === "cache" };
}

/** Real samples to give, where all are random numbers, or how they are prepared, where they lie far beyond what the input was calibrated for: before anything is kept. Else empty. */
export const samplesText = ({ advice }: Pick<ModelReport, "advice">): string => advice.find(isOfSamples)?.text ?? "";

/** The samples are random numbers of the gate's own, and a regression stands on nothing else. */
export const areMadeUp = ({ advice }: Pick<ModelReport, "advice">): boolean => advice.some(({ rule }) => rule === madeUpRule);

const isOfSamples = ({ rule }: ModelReport["advice"][number]): boolean => rule === madeUpRule || rule === inputRangeRule;

/** Scales that this change moved, and a calibration file that alone changed, are put back before anything is kept in higher precision. */
const isRestore = ({ rule }: ModelReport["advice"][number]): boolean => rule === movedScalesRule || rule === changedFileRule;

/** What to put back and with which command; empty where no scale moved. */
export const restoreText = ({ advice }: Pick<ModelReport, "advice">): string => advice.find(isRestore)?.text ?? "";

/** The one that moved farthest of those to put back; undefined where there is none. */
export function movedScale({ advice }: Pick<ModelReport, "advice">): { readonly tensor: string; readonly ratio: number } | undefined {
  const { tensor, ratio } = advice.find(isRestore)?.evidence ?? {};
  return tensor === undefined || !(Number(ratio) > 0) ? undefined : { tensor: String(tensor), ratio: Number(ratio) };
}

/** `moved scales`, `new calibration samples`: what may not be meant. */
export const unmeantWords = (model: Pick<ModelReport, "advice">): string =>
  model.advice.find(isRestore)?.rule === changedFileRule ? `new ${restoredFile(model)}` : "moved scales";

/** What holds the moved scales, in words. */
export const restoredFile = ({ advice }: Pick<ModelReport, "advice">): string =>
  String(advice.find(isRestore)?.evidence.what ?? "calibration cache");

/** What puts the scales back and commits that, as every rendering prints it; what was never committed needs no commit. Undefined where no scale moved. */
export function restoreLine(model: Pick<ModelReport, "advice" | "baseline">): string | undefined {
  const restore = restoreCommand(model);
  if (restore === undefined || model.baseline?.name === lastCommit) return restore;
  return `${restore} && git commit -m ${shellWord(`Put the former ${restoredFile(model)} back`)}`;
}

/** The command alone, as `git checkout BASE -- CACHE`; undefined where no scale moved. */
export function restoreCommand({ advice }: Pick<ModelReport, "advice">): string | undefined {
  const command = advice.find(isRestore)?.evidence.command;
  return command === undefined ? undefined : String(command);
}

const calibration = / calibration$/;

const triedWords: Readonly<Record<number, string>> = { 1: "was tried, and does not pass", 2: "were tried, and neither passes" };

/**
 * `calibrate anew`, and where the search tried other calibrations of the same samples: the one that passes, or that none does. A clause: it begins small
 * and ends without a stop.
 */
export function calibrationStep({ advice }: Pick<ModelReport, "advice">): string {
  const gained = advice.filter(({ rule, evidence }) => rule === schemeRule && calibration.test(String(evidence.scheme)));
  const passing = gained.find(({ evidence }) => evidence.passes === "yes");
  if (passing !== undefined) return `quantise with ${passing.evidence.scheme}, which was tried and passes`;
  const others = advice.filter(({ rule }) => rule === withoutGainRule).flatMap(({ evidence }) => Object.keys(evidence));
  const tried = [...gained.map(({ evidence }) => String(evidence.scheme)), ...others].filter((name) => calibration.test(name));
  if (tried.length === 0) return "calibrate anew";
  return `calibrate with other samples (${listed(tried.map((name) => name.replace(calibration, "")))} of these ${triedWords[tried.length] ?? "were tried, and none passes"})`;
}

function fixSteps(model: ModelReport): string[] {
  const kept = keptWords(model);
  if (kept === "" || model.search === null) {
    return model.search?.outcome === "diffuse"
      ? [`The error is diffuse: no short list of layers carries it. Choose a point of the curve below, or ${calibrationStep(model)}:`]
      : [];
  }
  const step = buildStep(model, kept);
  return model.fix?.latency?.pointless
    ? [`${step} It is slower than the reference, so shipping the reference is the better choice.`]
    : [step];
}

/** How the kept units come into what ships. */
function buildStep(model: ModelReport, kept: string): string {
  const proven = provenWords(model);
  const fixed = fixedQdqFile(model);
  if (fixed !== undefined)
    return `Ship the fixed Q/DQ model with ${kept} (${proven}): ${code(fixed.path, 400)} of the report, or what the script below makes.`;
  // Only a proved fix has its patch shown (kept.ts).
  const hasPatch =
    model.fix?.verified?.passes && model.fix.files.some(({ format, command }) => format === "patch" && command !== undefined);
  return hasPatch
    ? `Keep ${kept} (${proven}): commit the patch below; the precision script builds it.`
    : `Build with ${kept} (${proven}): take the precision script below.`;
}

function provenWords({ fix, search }: ModelReport): string {
  if (!fix?.verified?.passes) return "not confirmed: try it before you rely on it";
  const proved = search?.proof?.state === "proved" ? "proved" : "likely, not proved";
  const left = fixCaveatWords(fix);
  return fix.verified.by === "engine"
    ? `${proved}, on an engine${left}`
    : `${proved}, when simulated${left}; build it once on your GPU to confirm`;
}

const toolSteps = (model: ModelReport): string[] => (model.toolTail.length > 0 ? ["Read the tool's last lines in the details below."] : []);

function whereToLook(model: ModelReport, links: NextLinks): string[] {
  const command = model.reproduction?.command ?? model.reproduce[0];
  return [
    ...(links.htmlUrl || links.artifactUrl
      ? [`See the error along the whole network in the ${link("HTML report", links.htmlUrl ?? links.artifactUrl)}.`]
      : []),
    ...(command === undefined ? [] : [`Reproduce: ${code(command, 400)}`]),
  ];
}
