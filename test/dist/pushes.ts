/** A pull request that is judged, mended by the commands of its own comment, and judged again after the push. */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "vitest";
import { readZipDirectory } from "../../src/formats/zip-directory.ts";
import { openEntry } from "../../src/formats/zip-entry.ts";
import { pullPayload } from "../fakes/event.ts";
import { mergePullRequest, type Repository } from "../fakes/repository.ts";
import type { Ended, Workplace } from "./spawn.ts";

export interface PullRequest {
  /** The pull request as it stands on `topic`, judged by run `runId`. The report of an earlier run is not there: each run has a machine of its own. */
  push(runId: string, inputs?: Readonly<Record<string, string>>): Promise<Ended>;
  /** On `topic`, in a clone without a report, as a shell runs it. `gh` downloads what the runs uploaded. */
  shell(commands: string): void;
}

/** Since `base`, the commit that the pull request goes to. */
export function openPullRequest({ repository, github, folder, event, action }: Workplace, base: string): PullRequest {
  const report = join(repository.folder, "trt-gate-report");
  const runs = join(folder, "runs");
  const bin = join(folder, "bin");
  mkdirSync(bin);
  writeFileSync(join(bin, "gh"), ghScript);
  chmodSync(join(bin, "gh"), 0o755);
  return {
    push: async (runId, inputs = {}) => {
      rmSync(report, { recursive: true, force: true });
      github.artifacts.clear();
      const headSha = repository.git("rev-parse", "topic");
      const merge = mergePullRequest(repository, headSha, base);
      github.headSha = headSha;
      github.files = repository
        .git("diff", "--name-only", `${base}...${headSha}`)
        .split("\n")
        .map((filename) => ({ filename, status: "modified", patch: patchOf(repository, base, headSha, filename) }));
      event("pull_request", pullPayload({ headSha, baseSha: base }), merge);
      const ended = await action({ lane: "simulate", ...inputs }, { GITHUB_RUN_ID: runId }).ended;
      for (const [name, zip] of github.artifacts) await unpackArtifact(zip, join(runs, runId, name));
      return ended;
    },
    shell: (commands) => {
      rmSync(report, { recursive: true, force: true });
      repository.git("checkout", "-q", "topic");
      const env = { PATH: `${bin}:${process.env.PATH}`, HOME: folder, GH_RUNS: runs, ...author };
      const ran = spawnSync("bash", ["-euo", "pipefail", "-c", commands], { cwd: repository.folder, env, encoding: "utf8" });
      expect(ran.status, `${commands}\n${ran.stdout}${ran.stderr}`).toBe(0);
    },
  };
}

const author = { GIT_AUTHOR_NAME: "t", GIT_AUTHOR_EMAIL: "t@example.com", GIT_COMMITTER_NAME: "t", GIT_COMMITTER_EMAIL: "t@example.com" };

/** `gh run download RUN -n NAME -D FOLDER`, and nothing else. */
const ghScript = `#!/bin/sh
[ "$1 $2 $4 $6" = "run download -n -D" ] || { echo "gh: unknown words: $*" >&2; exit 2; }
mkdir -p "$7" && cp -r "$GH_RUNS/$3/$5/." "$7"
`;

/** As GitHub shows it: from the first hunk on; binary files have none. */
function patchOf(repository: Repository, base: string, headSha: string, file: string): string {
  const diff = repository.git("diff", `${base}...${headSha}`, "--", file);
  return diff.slice(diff.search(/^@@ /m));
}

/** What an uploaded artifact holds, below `into`. */
export async function unpackArtifact(zip: Uint8Array, into: string): Promise<void> {
  const read = async (position: number, length: number) => zip.subarray(position, position + length);
  const reader = { sizeBytes: zip.length, read, close: async () => {} };
  for (const entry of await readZipDirectory(reader, "artifact.zip")) {
    const path = join(into, entry.name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, await openEntry(reader, entry, "artifact.zip").read(0, entry.sizeBytes));
  }
}

/** Commands of the comment's block behind the words `before`. */
export const commandsBehind = (before: string, comment: string): string => {
  const [, commands = ""] = comment.slice(comment.indexOf(before)).split(/^```(?:sh)?$/m);
  return comment.includes(before) ? commands.trim() : "";
};
