/**
 * Tells the result everywhere: files, summary, annotations, artifact, comment, outputs. None of it can change the verdict:
 * what cannot be published is a warning.
 */

import { type RunEvent, runUrlOf } from "../changes/event.ts";
import type { Options } from "../config/settings.ts";
import type { Effects } from "../effects/effects.ts";
import { failureSentence } from "../effects/failure.ts";
import { annotate } from "../github/annotate.ts";
import type { Api } from "../github/api.ts";
import { artifactName, uploadArtifact } from "../github/artifact-sink.ts";
import { publishComment } from "../github/comment-sink.ts";
import { writeOutputs, writeSummary } from "../github/outputs.ts";
import { publishSuggestions, type SuggestionPlaces, type SuggestionRequest } from "../github/suggestion-sink.ts";
import { annotations } from "../report/annotations.ts";
import { renderAllClear, renderComment } from "../report/comment.ts";
import type { Report } from "../report/schema.ts";
import { hasCaveats } from "../report/sections/labels.ts";
import { renderClosedSuggestion, renderSuggestion, suggestionsOf } from "../report/suggestion.ts";
import { renderSummary } from "../report/summary.ts";
import { type WrittenFiles, writeFiles } from "./files.ts";

export interface Published {
  readonly files: WrittenFiles | undefined;
  readonly commentUrl: string | undefined;
  readonly artifactUrl: string | undefined;
}

export interface Publication {
  readonly report: Report;
  readonly options: Options;
  readonly event: RunEvent | undefined;
  /** Whose comment it is, and the commit that the result is about; undefined: no comment. */
  readonly pullRequest: { readonly number: number; readonly headSha: string } | undefined;
  /** Undefined without a token. */
  api(): Promise<Api | undefined>;
  /** Absolute. */
  readonly reportFolder: string;
}

/** Outside a workflow only files are written. */
export async function publish(outcome: Publication, effects: Effects): Promise<Published> {
  const { report, event } = outcome;
  const { log } = effects;
  const warn = (warnings: readonly string[]) => {
    for (const warning of warnings) log.warning(warning);
  };
  const files = await writeReportFiles(outcome, effects, warn);
  const inAction = effects.env.GITHUB_ACTIONS === "true";
  if (!inAction) return { files, commentUrl: undefined, artifactUrl: undefined };

  annotate(annotations(report), log);
  const runUrl = event && runUrlOf(event);
  const artifact =
    files && report.models.length > 0 && !effects.cancelled.aborted
      ? await upload(outcome, files, runUrl, effects)
      : { url: undefined, warnings: [] };
  warn(artifact.warnings);
  const links = { runUrl, artifactUrl: artifact.url, artifactName: nameOf(outcome), fixScripts: files?.scripts ?? [] };
  warn(await writeSummary((budget) => renderSummary(report, { ...links, budget }), effects));
  const comment = effects.cancelled.aborted ? { url: undefined, warnings: [] } : await writeComment(outcome, links);
  warn(comment.warnings);
  warn(await writeOutputs(outputsOf(outcome, files, comment.url, artifact.url), effects));
  return { files, commentUrl: comment.url, artifactUrl: artifact.url };
}

/** Where the folder cannot be written, the log still says everything that matters. */
async function writeReportFiles(
  { report, reportFolder }: Publication,
  effects: Effects,
  warn: (warnings: readonly string[]) => void,
): Promise<WrittenFiles | undefined> {
  try {
    return await writeFiles(report, reportFolder, effects);
  } catch (error) {
    warn([`The report was not written to ${reportFolder}: ${failureSentence(error)} The verdict stands.`]);
    return undefined;
  }
}

async function upload({ options, event, reportFolder }: Publication, files: WrittenFiles, runUrl: string | undefined, effects: Effects) {
  const request = {
    name: options.artifactName,
    jobKey: options.jobKey,
    runAttempt: event?.runAttempt ?? 1,
    retentionDays: options.retentionDays,
    folder: reportFolder,
    files: files.all,
    runUrl,
  };
  if (request.name === "") return { url: undefined, warnings: [] };
  // The toolkit's client tells its steps by itself.
  return await effects.log.group("Uploading the report", () => uploadArtifact(request, effects));
}

/** As it was uploaded. */
const nameOf = ({ options, event }: Publication): string => artifactName(options.artifactName, options.jobKey, event?.runAttempt ?? 1);

type Links = Pick<Parameters<typeof renderComment>[1], "runUrl" | "artifactUrl" | "artifactName" | "fixScripts">;

async function writeComment({ report, options, event, pullRequest: pull, api: openApi }: Publication, links: Links) {
  const nothing = { url: undefined, warnings: [] };
  if (pull === undefined || event === undefined || options.comment === "off") return nothing;
  const api = await openApi();
  if (api === undefined)
    return {
      url: undefined,
      warnings: ["The comment was not written: there is no token. Give the step github-token, or set comment: off."],
    };
  const { jobKey } = options;
  const state = { headSha: pull.headSha, runId: event.runId, runAttempt: event.runAttempt };
  const suggestions = await suggest({ report, options, event }, { api, pullRequest: pull.number, jobKey, state });
  return await publishComment({
    api,
    mode: options.comment,
    pullRequest: pull.number,
    jobKey,
    state,
    hasChanges: report.models.length > 0,
    hasProblem: report.verdict !== "pass" || hasCaveats(report),
    render: (budget, before) => {
      const isOver = report.verdict === "pass" && !hasCaveats(report) && (before?.told === "problem" || before?.told === "clear");
      return (isOver ? renderAllClear : renderComment)(report, { ...links, ...state, suggestions, jobKey, budget });
    },
  });
}

/** Before the comment, which leads to it. A report that another run handed over is that run's word, and no text of it may be offered to commit. */
async function suggest(
  { report, options, event }: Pick<Publication, "report" | "options" | "event">,
  to: Pick<SuggestionRequest, "api" | "pullRequest" | "jobKey" | "state">,
): Promise<SuggestionPlaces | undefined> {
  if (!options.suggestFix || event?.workflowRun !== undefined) return undefined;
  return await publishSuggestions({
    ...to,
    suggestions: suggestionsOf(report),
    render: (suggestion) => renderSuggestion(suggestion, to),
    renderClosed: (name) =>
      renderClosedSuggestion(
        report.models.find((model) => model.name === name),
        name,
        to,
      ),
  });
}

function outputsOf(
  { report }: Publication,
  files: WrittenFiles | undefined,
  commentUrl: string | undefined,
  artifactUrl: string | undefined,
): Record<string, string> {
  return {
    verdict: report.verdict,
    "models-checked": String(report.models.filter(({ status }) => status === "checked").length),
    regressions: String(report.models.filter(({ verdict }) => verdict === "regression").length),
    "report-path": files?.reportPath ?? "",
    "html-path": files?.htmlPath ?? "",
    "fix-dir": files?.fixFolder ?? "",
    "comment-url": commentUrl ?? "",
    "artifact-url": artifactUrl ?? "",
  };
}
