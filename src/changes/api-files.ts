/**
 * Changed files, the merge base and single files from the API: for clones that lack the history and cannot fetch it.
 * Decides nothing; says when the list is not the whole truth.
 */
import { z } from "zod";
import type { Api } from "../github/api.ts";
import { ApiError } from "../github/api.ts";
import type { PullRequest } from "./event.ts";
import type { ChangedFile } from "./name-status.ts";

const fileSchema = z.looseObject({ filename: z.string(), status: z.string(), previous_filename: z.string().optional() });
const compareSchema = z.looseObject({ merge_base_commit: z.looseObject({ sha: z.string() }) });
const contentSchema = z.looseObject({ type: z.literal("file"), encoding: z.literal("base64"), content: z.string() });

/** The API lists 3,000 files at most: 30 pages of 100. */
const maxPages = 30;
const maxFiles = 3000;

/** `complete` is false where the API cut the list. A huge file comes without a patch and with `changes: 0`: names and status alone count. */
export async function filesFromApi(api: Api, pull: PullRequest): Promise<{ files: ChangedFile[]; complete: boolean }> {
  const { items, truncated } = await api.pages(
    "GET /repos/{owner}/{repo}/pulls/{pull_number}/files",
    { pull_number: pull.number },
    maxPages,
  );
  const parsed = z.array(fileSchema).parse(items);
  const expected = pull.changedFiles ?? 0;
  return { files: parsed.flatMap(changed), complete: !truncated && parsed.length < maxFiles && parsed.length >= expected };
}

function changed(file: z.infer<typeof fileSchema>): ChangedFile[] {
  const old: ChangedFile[] =
    file.status === "renamed" && file.previous_filename !== undefined ? [{ path: file.previous_filename, status: "deleted" }] : [];
  const status = file.status === "removed" ? "deleted" : file.status === "added" || file.status === "renamed" ? "added" : "modified";
  return [...old, { path: file.filename, status }];
}

/** Undefined where the two have no common history. */
export async function mergeBaseFromApi(api: Api, base: string, head: string): Promise<string | undefined> {
  const { data } = await api.call("GET /repos/{owner}/{repo}/compare/{basehead}", { basehead: `${base}...${head}`, per_page: 1 });
  return compareSchema.safeParse(data).data?.merge_base_commit.sha;
}

/** Text of a file at a commit, up to 1 MB; undefined where the commit has no such file. */
export async function textFromApi(api: Api, commit: string, path: string): Promise<string | undefined> {
  try {
    const { data } = await api.call("GET /repos/{owner}/{repo}/contents/{path}", { path, ref: commit });
    const parsed = contentSchema.parse(data);
    return Buffer.from(parsed.content, "base64").toString("utf8");
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}
