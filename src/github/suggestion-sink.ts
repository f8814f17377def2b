/**
 * Keeps one suggestion a model on the pull request: posts it where the configuration's line lies in the diff, brings it up to date, and takes its button
 * away once there is nothing to commit. Never changes the verdict: where GitHub does not allow it, the reader is told to take the patch.
 */
import type { CommentState } from "../report/marker.ts";
import type { Suggestion } from "../report/suggestion.ts";
import { type Api, ApiError } from "./api.ts";
import { mayReplace } from "./comment-precedence.ts";
import { pullHeadSha } from "./comments.ts";
import { newSideLines } from "./diff-lines.ts";
import { createSuggestion, patchOf, readSuggestions, type StoredSuggestion, updateSuggestion } from "./review-comments.ts";

export interface SuggestionRequest {
  readonly api: Api;
  readonly pullRequest: number;
  readonly jobKey: string;
  /** Of this run. */
  readonly state: CommentState;
  readonly suggestions: readonly Suggestion[];
  render(suggestion: Suggestion): string;
  /** What a suggestion for this model says once it is over. */
  renderClosed(model: string): string;
}

/** By the model's name: where its suggestion stands, or why it stands nowhere, as a clause. Not of models whose configuration the change leaves alone. */
export type SuggestionPlaces = ReadonlyMap<string, { readonly url: string } | { readonly why: string }>;

/** Empty where nothing is suggested. Rejects for nothing that GitHub answers. */
export async function publishSuggestions(request: SuggestionRequest): Promise<SuggestionPlaces> {
  const { api, pullRequest, jobKey, state } = request;
  try {
    const stored = await readSuggestions(api, pullRequest, jobKey);
    if (stored.length === 0 && request.suggestions.length === 0) return new Map();
    const head = await pullHeadSha(api, pullRequest);
    if (head !== state.headSha)
      return everywhere(request, `this run is about ${state.headSha.slice(0, 12)}, and the pull request has moved on`);
    const places = new Map<string, { url: string } | { why: string }>();
    for (const suggestion of request.suggestions) {
      const own = stored.filter(({ model }) => model === suggestion.model);
      const place = await placeOne(request, suggestion, own).catch(whyNot);
      if (place !== undefined) places.set(suggestion.model, place);
    }
    const wanted = new Set(request.suggestions.map(({ model }) => model));
    const over = stored.filter(({ model }) => !wanted.has(model));
    // One that cannot be closed now is closed by the next run; those of this run stand where they were put.
    await closeAll(request, over).catch(whyNot);
    return places;
  } catch (error) {
    return everywhere(request, whyNot(error).why);
  }
}

/** Throws what is no answer of GitHub on. */
function whyNot(error: unknown): { why: string } {
  if (!(error instanceof ApiError)) throw error;
  return { why: wordFailure(error) };
}

const everywhere = ({ suggestions }: SuggestionRequest, why: string): SuggestionPlaces =>
  new Map(suggestions.map(({ model }) => [model, { why }]));

/** The one that stands on the line is rewritten; where there is none, a new one is posted. Whatever else was suggested for this model is closed. */
async function placeOne(
  request: SuggestionRequest,
  suggestion: Suggestion,
  own: readonly StoredSuggestion[],
): Promise<{ url: string } | { why: string } | undefined> {
  const { api, pullRequest, state } = request;
  const { file, line } = suggestion;
  const there = own.findLast((one) => one.file === file && one.line === line && mayReplace(one.state, state, state.headSha));
  await closeAll(
    request,
    own.filter((one) => one !== there),
  );
  const body = request.render(suggestion);
  if (there !== undefined) {
    if (there.body !== body) await updateSuggestion(api, there.id, body);
    return { url: there.url };
  }
  const patch = await patchOf(api, pullRequest, file);
  if (patch === undefined) return undefined;
  const shown = newSideLines(patch).get(line);
  if (shown === undefined) return { why: `line ${line} of ${file} is not part of this change` };
  if (shown !== suggestion.replaces) return { why: `line ${line} of ${file} reads differently on this branch` };
  return { url: await createSuggestion(api, pullRequest, { body, commitId: state.headSha, file, line }) };
}

/** Those that are closed already stay as they are. */
async function closeAll({ api, state, renderClosed }: SuggestionRequest, stored: readonly StoredSuggestion[]): Promise<void> {
  for (const one of stored) {
    if (one.state?.told === "clear" || !mayReplace(one.state, state, state.headSha)) continue;
    await updateSuggestion(api, one.id, renderClosed(one.model)).catch((error: unknown) => {
      if (!(error instanceof ApiError) || (error.status !== 404 && error.status !== 410)) throw error;
    });
  }
}

function wordFailure({ status, message }: ApiError): string {
  if (status === 401 || status === 403 || status === 404)
    return `the job's token may not comment on lines (HTTP ${status}; it takes pull-requests: write)`;
  return `GitHub did not take it (${status === 0 ? message : `HTTP ${status}`})`;
}
