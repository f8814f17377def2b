/**
 * The workflow of the README's first screen, pasted into a repository and run by a local runner of GitHub Actions (act, on this host) against
 * a loopback GitHub: red with a comment, then green in the same comment once its patch is committed. act leaves actions/checkout
 * out for its own repository: the workspace is what that step leaves on a pull request. It has no artifact service that knows today's client.
 */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";
import { realExec } from "../../src/effects/exec.ts";
import { pullPayload } from "../fakes/event.ts";
import { type FakeGitHub, serverEnv, startGitHub } from "../fakes/github-server.ts";
import { makeRepository, mergePullRequest, type Repository } from "../fakes/repository.ts";
import { actProgram, describeWithAct } from "../support/needs.ts";
import { commitRegression } from "./regressing-change.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const commit = "0123456789012345678901234567890123456789";
const readme = readFileSync(join(root, "README.md"), "utf8");
const pasted = /```yaml\n(# \.github\/workflows\/accuracy-gate\.yml\n[\s\S]*?)```/.exec(readme)?.[1]?.replace("COMMIT_SHA", commit) ?? "";

let folder: string;
let github: FakeGitHub;
let repository: Repository;
let base: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "gate-act-"));
  for (const name of ["action.yml", "package.json", "dist", "python", "runtime", "schema"])
    cpSync(join(root, name), join(folder, "action", name), { recursive: true });
  mkdirSync(join(folder, "action/node_modules"));
  for (const name of ["onnxruntime-node", "onnxruntime-common"])
    symlinkSync(join(root, "node_modules", name), join(folder, "action/node_modules", name));
  github = await startGitHub();
  repository = makeRepository(join(folder, "workspace"));
  base = commitRegression(repository, { ".github/workflows/accuracy-gate.yml": pasted });
});
afterEach(async () => {
  await github.close();
  rmSync(folder, { recursive: true, force: true });
});

/** The pull request as it stands on `topic`, through the whole workflow. */
async function pushed() {
  const headSha = repository.git("rev-parse", "topic");
  mergePullRequest(repository, headSha, base);
  github.headSha = headSha;
  writeFileSync(join(folder, "event.json"), JSON.stringify(pullPayload({ headSha, baseSha: base })));
  const flags = ["--no-cache-server", "-P", "ubuntu-24.04=-self-hosted", "--action-cache-path", join(folder, "actions")];
  const own = ["--local-repository", `OWNER/trt-accuracy-gate@${commit}=${join(folder, "action")}`];
  const event = ["--eventpath", join(folder, "event.json"), "-s", "GITHUB_TOKEN=job-token"];
  const server = ["--env", `GITHUB_API_URL=${serverEnv(github).GITHUB_API_URL}`, "--env", "GITHUB_REPOSITORY=o/r"];
  const lines: string[] = [];
  const ended = await realExec({ runId: "local-runner", cancelled: new AbortController().signal }).run({
    file: actProgram,
    args: ["pull_request", ...flags, ...own, ...event, ...server],
    cwd: repository.folder,
    env: { PATH: process.env.PATH ?? "", HOME: folder },
    timeoutMs: 200_000,
    onLine: (line) => void lines.push(line),
  });
  return { exitCode: ended.exitCode, log: lines.join("\n") };
}

describeWithAct("the workflow of the README", () => {
  it("ends red with a comment, and green in the same comment once its fix is committed", async () => {
    expect(pasted).toContain("trt-accuracy-gate@");
    const red = await pushed();
    const body = github.comments[0]?.body ?? "";
    expect([red.exitCode, github.comments.length], red.log).toEqual([1, 1]);
    expect(body).toContain("❌ Do not merge");
    const [, patch = "", message = ""] = /git apply --index (\S+) && git commit -m '(.*)'/.exec(body) ?? [];
    // Where no artifact service takes the report, the log says where it lies: there the first command of the comment would download it to.
    const [, report = ""] = /The report is in (\S+)\./.exec(red.log) ?? [];
    cpSync(report, join(repository.folder, "trt-gate-report"), { recursive: true });
    repository.git("checkout", "-q", "topic");
    repository.git("apply", "--index", patch);
    repository.git("commit", "-q", "-m", message);
    rmSync(join(repository.folder, "trt-gate-report"), { recursive: true });

    const green = await pushed();
    expect([green.exitCode, github.comments.length], green.log).toEqual([0, 1]);
    expect(github.comments[0]?.body).toContain("kept by `models/chain.keep.json`: 1 unit in float16");
  });
});
