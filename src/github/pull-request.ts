/**
 * Finds the open pull request of a `workflow_run`: by the head branch and commit that GitHub itself names in the event.
 * A number from an artifact would be the fork's word. The event's own list is empty for forks.
 */
import { z } from "zod";
import { type Api, ApiError } from "./api.ts";

const pullsSchema = z.array(z.looseObject({ number: z.number().int(), head: z.looseObject({ sha: z.string() }) }));

export interface Head {
  readonly headSha: string;
  readonly headBranch: string;
  readonly headOwner: string | undefined;
}

/** Never rejects for what the API answers: without a pull request there is a warning and no comment. */
export async function findPullRequest(
  api: Api,
  { headSha, headBranch, headOwner }: Head,
): Promise<{ pullRequest: { number: number; headSha: string } | undefined; warning: string | undefined }> {
  const none = (why: string) => ({ pullRequest: undefined, warning: `The comment was not published: ${why}. The verdict stands.` });
  if (headOwner === undefined) return none("the event does not name the head repository's owner");
  try {
    const { data } = await api.call("GET /repos/{owner}/{repo}/pulls", {
      state: "open",
      head: `${headOwner}:${headBranch}`,
      per_page: 100,
    });
    const found = pullsSchema.safeParse(data).data?.find(({ head }) => head.sha === headSha);
    if (found === undefined) return none(`no open pull request has the head ${headSha.slice(0, 12)}; it may have moved on`);
    return { pullRequest: { number: found.number, headSha }, warning: undefined };
  } catch (error) {
    if (error instanceof ApiError)
      return none(`the pull request was not found (${error.status === 0 ? error.message : `HTTP ${error.status}`})`);
    throw error;
  }
}
