/** Event payloads as GitHub sends them, reduced to the keys that are read. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

export interface PullOptions {
  readonly headSha: string;
  readonly baseSha: string;
  /** null: the head repository was deleted. */
  readonly headRepoId?: number | null;
  readonly changedFiles?: number;
}

export const pullPayload = ({ headSha, baseSha, headRepoId = 1, changedFiles = 1 }: PullOptions) => ({
  repository: { id: 1, default_branch: "main" },
  pull_request: {
    number: 7,
    head: { sha: headSha, repo: headRepoId === null ? null : { id: headRepoId, owner: { login: "o" } } },
    base: { sha: baseSha, ref: "main", repo: { id: 1, owner: { login: "o" } } },
    changed_files: changedFiles,
  },
});

/** Writes the payload into `folder` and gives the variables of a step that the event started. */
export async function eventEnv(folder: string, name: string, payload: object, sha: string): Promise<Record<string, string>> {
  const path = join(folder, "event.json");
  await writeFile(path, JSON.stringify(payload));
  return {
    GITHUB_ACTIONS: "true",
    GITHUB_EVENT_NAME: name,
    GITHUB_EVENT_PATH: path,
    GITHUB_SHA: sha,
    GITHUB_REPOSITORY: "o/r",
    GITHUB_RUN_ID: "20",
    GITHUB_RUN_ATTEMPT: "1",
    RUNNER_ENVIRONMENT: "github-hosted",
  };
}
