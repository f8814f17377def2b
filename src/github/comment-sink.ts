/**
 * Keeps one comment of this job on the pull request: finds the own one, creates, updates or leaves it.
 * Never changes the verdict: whatever GitHub answers ends in what was done or in one warning. Renders nothing.
 */
import type { CommentState } from "../report/marker.ts";
import { type Api, ApiError } from "./api.ts";
import { isNewer, mayReplace, pickSurvivor } from "./comment-precedence.ts";
import { createComment, deleteComment, pullHeadSha, readOwnComments, type StoredComment, updateComment } from "./comments.ts";

export type CommentMode = "on-change" | "always" | "on-problem" | "off";

export interface CommentRequest {
  readonly api: Api;
  readonly mode: CommentMode;
  readonly pullRequest: number;
  readonly jobKey: string;
  readonly state: CommentState;
  /** False where no model had to be checked. */
  readonly hasChanges: boolean;
  /** True for every verdict but an unqualified `pass`. */
  readonly hasProblem: boolean;
  /** The whole body with marker and state line, within `budget` UTF-16 units and bytes. `before`: state of the comment that it replaces. */
  render(budget: number, before: CommentState | undefined): string;
}

export interface CommentResult {
  readonly done: "created" | "updated" | "same" | "superseded" | "not-wanted" | "failed";
  readonly url: string | undefined;
  /** What a reader of the log should know, empty where all went well. */
  readonly warnings: readonly string[];
}

/** The documented limit is 65,536 characters; each refusal ("Body is too long") takes the next smaller rendering. */
const budgets = [60_000, 30_000, 12_000, 4_000];

/** Rejects for nothing that GitHub answers. */
export async function publishComment(request: CommentRequest): Promise<CommentResult> {
  if (request.mode === "off") return outcome("not-wanted", undefined);
  try {
    return await publish(request);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    return { done: "failed", url: undefined, warnings: [wordFailure(error)] };
  }
}

async function publish(request: CommentRequest): Promise<CommentResult> {
  const { api, pullRequest, jobKey, state } = request;
  const own = await readOwnComments(api, pullRequest, jobKey);
  const head = await pullHeadSha(api, pullRequest);
  const stored = pickSurvivor(own, head);
  if (stored === undefined) return isWanted(request) ? await create(request, head) : outcome("not-wanted", undefined);
  await deleteAll(
    api,
    own.filter((comment) => comment !== stored),
  );
  if (!mayReplace(stored.state, state, head)) return superseded(stored, state);
  return await update(request, stored, head);
}

/** Decides only about a first comment: one that exists is always brought up to date, so that a repaired pull request turns green. */
function isWanted({ mode, hasChanges, hasProblem }: CommentRequest): boolean {
  if (mode === "always") return true;
  return mode === "on-problem" ? hasProblem : hasChanges || hasProblem;
}

async function update(request: CommentRequest, stored: StoredComment, head: string): Promise<CommentResult> {
  for (const budget of budgets) {
    const body = request.render(budget, stored.state);
    if (body === stored.body) return outcome("same", stored.url);
    try {
      await updateComment(request.api, stored.id, body);
      return outcome("updated", stored.url);
    } catch (error) {
      if (isGone(error)) return await create(request, head);
      if (!isTooLong(error)) throw error;
    }
  }
  return tooLong();
}

async function create(request: CommentRequest, head: string): Promise<CommentResult> {
  for (const budget of budgets) {
    try {
      const created = await createOnce(request, request.render(budget, undefined));
      return await keepOne(request, created, head);
    } catch (error) {
      if (!isTooLong(error)) throw error;
    }
  }
  return tooLong();
}

/** A POST may have been done although the server answered with an error: look before doing it again, once. */
async function createOnce(request: CommentRequest, body: string): Promise<StoredComment> {
  const { api, pullRequest, jobKey, state } = request;
  try {
    return await createComment(api, pullRequest, body);
  } catch (error) {
    if (!(error instanceof ApiError) || (error.status !== 0 && error.status < 500)) throw error;
    const own = await readOwnComments(api, pullRequest, jobKey);
    const found = own.find((comment) => !isNewer(comment.state, state) && !isNewer(state, comment.state));
    return found ?? (await createComment(api, pullRequest, body));
  }
}

/** Another run may have created one at the same time. Every run deletes the losers by the same rule, so one stays, with the newest content. */
async function keepOne(request: CommentRequest, created: StoredComment, head: string): Promise<CommentResult> {
  const own = await readOwnComments(request.api, request.pullRequest, request.jobKey);
  const survivor = pickSurvivor(own, head) ?? created;
  await deleteAll(
    request.api,
    own.filter((comment) => comment !== survivor),
  );
  return survivor.id === created.id ? outcome("created", created.url) : superseded(survivor, request.state);
}

async function deleteAll(api: Api, comments: readonly StoredComment[]): Promise<void> {
  for (const comment of comments) {
    await deleteComment(api, comment.id).catch((error: unknown) => {
      if (!isGone(error)) throw error;
    });
  }
}

const isGone = (error: unknown): boolean => error instanceof ApiError && (error.status === 404 || error.status === 410);
const isTooLong = (error: unknown): boolean => error instanceof ApiError && error.status === 422 && /too long|maximum/i.test(error.message);
const outcome = (done: CommentResult["done"], url: string | undefined): CommentResult => ({ done, url, warnings: [] });

const superseded = (stored: StoredComment, state: CommentState): CommentResult => ({
  done: "superseded",
  url: stored.url,
  warnings: [
    `The comment was left as it is: this run is about ${short(state.headSha)}, superseded by ${short(stored.state?.headSha ?? "")}.`,
  ],
});

const tooLong = (): CommentResult => ({
  done: "failed",
  url: undefined,
  warnings: [
    `The comment was not published: GitHub refused even the ${budgets.at(-1)} character version as too long. The job summary and the report hold the result.`,
  ],
});

const short = (sha: string): string => sha.slice(0, 12);

const permissions = "permissions:\n  contents: read\n  pull-requests: write";

/** Says what was not published and how to allow it. The verdict stands either way. */
function wordFailure({ status, message }: ApiError): string {
  const what = `The comment was not published (${status === 0 ? message : `HTTP ${status}: ${message}`}); the verdict stands.`;
  if (status === 401) return `${what} The token is not valid: leave the input github-token at its default.`;
  if (/rate limit/i.test(message) || status === 429)
    return `${what} The server has had enough calls by this token for now: run the job again later for the comment.`;
  if (status === 403 || status === 404) {
    return `${what} Give the job\n${permissions}\nFor pull requests from forks and locked conversations this does not help: see docs/workflows.md.`;
  }
  return `${what} The job summary and the report hold the result; run the job again for the comment.`;
}
