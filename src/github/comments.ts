/**
 * The comments of a pull request as the API has them: only those with our marker on the first line and by the token's own identity.
 * Decides nothing about which to keep (comment-precedence.ts).
 */
import { z } from "zod";
import { type CommentState, hasMarker, parseState } from "../report/marker.ts";
import { type Api, ApiError } from "./api.ts";

export interface StoredComment {
  readonly id: number;
  readonly url: string;
  readonly body: string;
  /** Undefined where its second line cannot be read: any run may replace it. */
  readonly state: CommentState | undefined;
}

const commentSchema = z.looseObject({
  id: z.number().int(),
  html_url: z.string().optional(),
  body: z.string().nullish(),
  user: z.looseObject({ login: z.string(), type: z.string().optional() }).nullish(),
});
const viewerSchema = z.looseObject({ data: z.looseObject({ viewer: z.looseObject({ login: z.string() }) }) });
const pullSchema = z.looseObject({ head: z.looseObject({ sha: z.string() }) });

/** 5,000 comments: more than any pull request that people still read. */
const maxPages = 50;
const defaultLogin = "github-actions[bot]";
/** Whose a job's token is on servers without GraphQL; both names are reserved there. */
const otherServersLogins = ["gitea-actions", "forgejo-actions"];

/** Ours, oldest first. */
export async function readOwnComments(api: Api, pullRequest: number, jobKey: string): Promise<StoredComment[]> {
  const logins = await ownLogins(api);
  const { items } = await api.pages("GET /repos/{owner}/{repo}/issues/{issue_number}/comments", { issue_number: pullRequest }, maxPages);
  return items
    .flatMap((item) => commentSchema.safeParse(item).data ?? [])
    .filter(({ body, user }) => hasMarker(body ?? "", jobKey) && user != null && isOwn(user, logins))
    .map(stored)
    .toSorted((a, b) => a.id - b.id);
}

/** `GET /user` is refused for a job's token, so GraphQL is asked; where it is not there either, the job's token is the bot's. */
export async function ownLogins(api: Api): Promise<readonly string[]> {
  try {
    const { data } = await api.call(`POST ${api.graphqlUrl}`, { query: "query { viewer { login } }" });
    return [viewerSchema.parse(data).data.viewer.login];
  } catch (error) {
    if (error instanceof ApiError || error instanceof z.ZodError)
      return new URL(api.graphqlUrl).hostname === "api.github.com" ? [defaultLogin] : [defaultLogin, ...otherServersLogins];
    throw error;
  }
}

/** GraphQL gives a bot's name without `[bot]`. Only an account of type Bot may carry the suffix, so nobody can pose as one. */
export const isOwn = (user: { login: string; type?: string | undefined }, logins: readonly string[]): boolean =>
  logins.some((login) => user.login === login || (user.type === "Bot" && user.login === `${login}[bot]`));

/** Rejects with ApiError. */
export async function createComment(api: Api, pullRequest: number, body: string): Promise<StoredComment> {
  const { data } = await api.call("POST /repos/{owner}/{repo}/issues/{issue_number}/comments", { issue_number: pullRequest, body });
  return stored(read(commentSchema, data, "created comment"));
}

/** Rejects with ApiError. */
export async function updateComment(api: Api, id: number, body: string): Promise<void> {
  await api.call("PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}", { comment_id: id, body });
}

/** Rejects with ApiError, also for one that is gone. */
export async function deleteComment(api: Api, id: number): Promise<void> {
  await api.call("DELETE /repos/{owner}/{repo}/issues/comments/{comment_id}", { comment_id: id });
}

/** Head of the pull request now, which may be newer than the event. */
export async function pullHeadSha(api: Api, pullRequest: number): Promise<string> {
  const { data } = await api.call("GET /repos/{owner}/{repo}/pulls/{pull_number}", { pull_number: pullRequest });
  return read(pullSchema, data, "pull request").head.sha;
}

function read<T>(schema: z.ZodType<T>, data: unknown, what: string): T {
  const parsed = schema.safeParse(data);
  if (!parsed.success) throw new ApiError(0, `the answer is no ${what}`);
  return parsed.data;
}

const stored = (comment: z.infer<typeof commentSchema>): StoredComment => ({
  id: comment.id,
  url: comment.html_url ?? "",
  body: comment.body ?? "",
  state: parseState(comment.body ?? ""),
});
