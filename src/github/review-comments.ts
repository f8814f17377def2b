/** Review comments of a pull request as the API has them: only the suggestions of this job key by the token's own identity. Decides nothing about them. */
import { z } from "zod";
import { type CommentState, parseState, suggestedModel } from "../report/marker.ts";
import type { Api } from "./api.ts";
import { isOwn, ownLogins } from "./comments.ts";

export interface StoredSuggestion {
  readonly id: number;
  readonly url: string;
  readonly body: string;
  /** Name of the model that it is about. */
  readonly model: string;
  readonly file: string;
  /** Undefined once the line is no part of the diff any more. */
  readonly line: number | undefined;
  readonly state: CommentState | undefined;
}

const commentSchema = z.looseObject({
  id: z.number().int(),
  html_url: z.string().optional(),
  body: z.string().nullish(),
  path: z.string(),
  line: z.number().int().nullish(),
  user: z.looseObject({ login: z.string(), type: z.string().optional() }).nullish(),
});
const fileSchema = z.looseObject({ filename: z.string(), patch: z.string().optional() });

const maxPages = 30;

/** Ours, oldest first. */
export async function readSuggestions(api: Api, pullRequest: number, jobKey: string): Promise<StoredSuggestion[]> {
  const { items } = await api.pages("GET /repos/{owner}/{repo}/pulls/{pull_number}/comments", { pull_number: pullRequest }, maxPages);
  const marked = items.flatMap((item) => {
    const comment = commentSchema.safeParse(item).data;
    const model = suggestedModel(comment?.body ?? "", jobKey);
    return comment === undefined || model === undefined ? [] : [{ comment, model }];
  });
  if (marked.length === 0) return [];
  const logins = await ownLogins(api);
  return marked
    .filter(({ comment: { user } }) => user != null && isOwn(user, logins))
    .map(({ comment, model }) => ({
      id: comment.id,
      url: comment.html_url ?? "",
      body: comment.body ?? "",
      model,
      file: comment.path,
      line: comment.line ?? undefined,
      state: parseState(comment.body ?? ""),
    }))
    .toSorted((a, b) => a.id - b.id);
}

/** The diff of one file as GitHub shows it; undefined where the pull request does not change it, or GitHub shows no diff of it. */
export async function patchOf(api: Api, pullRequest: number, file: string): Promise<string | undefined> {
  const { items } = await api.pages("GET /repos/{owner}/{repo}/pulls/{pull_number}/files", { pull_number: pullRequest }, maxPages);
  return items.flatMap((item) => fileSchema.safeParse(item).data ?? []).find(({ filename }) => filename === file)?.patch;
}

export interface NewComment {
  readonly body: string;
  /** Of the head: GitHub refuses a commit that is not part of the pull request. */
  readonly commitId: string;
  readonly file: string;
  readonly line: number;
}

/** Address of the comment. GitHub answers 422 where the line is not in the diff of that commit. */
export async function createSuggestion(api: Api, pullRequest: number, { body, commitId, file, line }: NewComment): Promise<string> {
  const { data } = await api.call("POST /repos/{owner}/{repo}/pulls/{pull_number}/comments", {
    pull_number: pullRequest,
    body,
    commit_id: commitId,
    path: file,
    line,
    side: "RIGHT",
  });
  return commentSchema.safeParse(data).data?.html_url ?? "";
}

/** Rejects with ApiError. */
export async function updateSuggestion(api: Api, id: number, body: string): Promise<void> {
  await api.call("PATCH /repos/{owner}/{repo}/pulls/comments/{comment_id}", { comment_id: id, body });
}
