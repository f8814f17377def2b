/**
 * The pull-request comment: a pure rendering of the report, written for the reviewer who asks "may I merge?".
 * Decides what is shown at which size; finding, creating and updating the comment is github/comment-sink.ts.
 */
import { commentCaps, largestFitting, type SizeLimits } from "./detail-levels.ts";
import { blocks, code, details, escapeMarkdown, htmlWords } from "./markdown.ts";
import { type CommentState, commentMarker, stateLine } from "./marker.ts";
import type { ModelReport, Report } from "./schema.ts";
import { causeOf, failsOutsideOutputs } from "./sections/cause.ts";
import { curveTable } from "./sections/curve.ts";
import { detailsSection } from "./sections/details.ts";
import { type FixScript, fixSection } from "./sections/fix.ts";
import { footer } from "./sections/footer.ts";
import { bridgeSentence } from "./sections/gains.ts";
import { harmLines } from "./sections/harm.ts";
import { headline, reasonLines } from "./sections/headline.ts";
import { notJudged } from "./sections/judged-on.ts";
import { adoptFix, stillFarLines } from "./sections/kept.ts";
import { byUrgency, hasCaveats, laneWords, markOf, verdictWord } from "./sections/labels.ts";
import { latencySection } from "./sections/latency.ts";
import { layersCaption, layersTable } from "./sections/layers.ts";
import { type NextLinks, nextSteps } from "./sections/next.ts";
import { noticeList, selectionLine } from "./sections/notices.ts";
import { outputsTable } from "./sections/outputs.ts";
import { storyLines } from "./sections/story.ts";
import { plainLine, uniqueLabels } from "./text.ts";

/** GitHub refuses bodies over 65,536 characters; this leaves room for what it adds. In UTF-16 units and in bytes. */
export const commentBudget = 60_000;

export interface CommentOptions extends NextLinks {
  readonly jobKey: string;
  /** Default `commentBudget`. Give less after a 422 to get the next smaller rendering. */
  readonly budget?: number;
  /** Commit that the result is about; default: the report's head commit. */
  readonly headSha?: string | undefined;
  readonly runId?: string | undefined;
  readonly runAttempt?: number | undefined;
  readonly fixScripts: readonly FixScript[];
}

export type { FixScript };

/** Always holds marker, state, verdict and the head of the outputs' table, for any number of models and layers. */
export function renderComment(report: Report, options: CommentOptions): string {
  return largestFitting(commentCaps, options.budget ?? commentBudget, (caps) =>
    blocks(
      hiddenLines(report, options, report.verdict === "pass" && !hasCaveats(report) ? "pass" : "problem"),
      renderBody(report, options, caps),
    ),
  );
}

/** The short green comment for a pull request that an earlier run had found wanting. */
export function renderAllClear(report: Report, options: CommentOptions): string {
  const caps: SizeLimits = {
    outputRows: 10,
    models: 0,
    layerRows: 0,
    nameLength: 80,
    messageLength: 200,
    adviceRows: 0,
    scripts: false,
    details: false,
  };
  return largestFitting([caps, ...commentCaps.slice(-2)], options.budget ?? commentBudget, (step) =>
    blocks(
      hiddenLines(report, options, "clear"),
      headline(report, step),
      "What an earlier run reported here no longer holds.",
      storyLines(report, step),
      stillFarLines(report, step),
      outputsTable(report, step),
      footer(report, options),
    ),
  );
}

/** The visible part, shared with the job summary. */
export function renderBody(report: Report, options: NextLinks & { readonly fixScripts: readonly FixScript[] }, caps: SizeLimits): string {
  const worthTelling = byUrgency(report.models).filter((model) => model.status !== "removed");
  const told = worthTelling.slice(0, caps.models);
  const only = report.models.length === 1;
  return blocks(
    headline(report, caps),
    storyLines(report, caps),
    only && report.models[0] ? causeParagraph(report.models[0], caps) : "",
    reasonLines(report, caps),
    outputsTable(report, caps),
    noticeList(report, caps),
    ...told.map((model) => (only ? modelSections(model, options, caps) : foldedModel(model, options, caps))),
    worthTelling.length > told.length && caps.models > 0 ? `…and ${worthTelling.length - told.length} more models in the report.` : "",
    selectionLine(report, caps),
    footer(report, options),
  );
}

function hiddenLines(report: Report, options: CommentOptions, told: NonNullable<CommentState["told"]>): string {
  const runUrl = options.runUrl ?? report.environment.runUrl ?? "";
  const runId = options.runId ?? /\/runs\/(\d+)/.exec(runUrl)?.[1] ?? "";
  const headSha = options.headSha ?? report.environment.headSha ?? "";
  return `${commentMarker(options.jobKey)}\n${stateLine({ headSha, runId, runAttempt: options.runAttempt ?? 1, told })}`;
}

function modelSections(model: ModelReport, options: NextLinks & { readonly fixScripts: readonly FixScript[] }, caps: SizeLimits): string {
  const show = uniqueLabels([...model.worst.flatMap((layer) => [layer.tensor, layer.node])], caps.nameLength);
  const layers = model.verdict === "pass" ? "" : layersTable(model, caps.layerRows, show, caps.nameLength);
  const bridge = bridgeSentence(model, show);
  return blocks(
    comparedLine(model, caps),
    latencySection(model, caps),
    harmLines(model, caps),
    layers === "" ? "" : layersCaption(model),
    layers,
    layers === "" || bridge === "" ? "" : escapeMarkdown(bridge, caps.messageLength),
    model.firstFailing !== null && layers !== "" ? `First tensor beyond the limit: ${code(show(model.firstFailing), caps.nameLength)}` : "",
    nextSteps(model, options, caps),
    failsOutsideOutputs(model) ? "" : fixSection(model, options.fixScripts, caps),
    model.verdict === "pass" ? "" : curveTable(model, Math.min(curveRows, caps.layerRows)),
    adoptFix(model, options),
    detailsSection(model, caps),
  );
}

function comparedLine(model: ModelReport, caps: SizeLimits): string {
  if (model.laneWhy === "") return "";
  const unjudged = notJudged([model]);
  return `Compared: ${escapeMarkdown(`${laneWords(model)} (${model.laneWhy})${unjudged === "" ? "" : `; ${unjudged}`}`, caps.messageLength)}`;
}

/** Empty where there is none to tell, and at the smallest sizes. What keeping the units gives stands in the model's line. */
function causeParagraph(model: ModelReport, caps: SizeLimits): string {
  const cause = caps.messageLength === 0 ? undefined : causeOf(model, (name) => plainLine(name, caps.nameLength));
  if (cause === undefined) return "";
  return `**Cause.** ${[cause.lead, ...cause.more].map((part) => escapeMarkdown(part, caps.messageLength)).join(" ")}`;
}

const curveRows = 6;

/** Several models: one fold each. */
const foldedModel = (model: ModelReport, options: NextLinks & { readonly fixScripts: readonly FixScript[] }, caps: SizeLimits): string =>
  details(
    `${markOf(model)} <b>${htmlWords(model.name, caps.nameLength)}</b>: ${verdictWord[model.verdict]}`,
    blocks(causeParagraph(model, caps), escapeMarkdown(model.message, caps.messageLength), modelSections(model, options, caps)),
  );
