/** Where a result is told fails: a warning, and the verdict as it was. The whole action against a loopback server. */
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { realClock } from "../../src/effects/clock.ts";
import { uploadArtifact } from "../../src/github/artifact-sink.ts";
import { configOf, writeModels } from "../dist/models.ts";
import { openWorkplace, type Workplace } from "../dist/spawn.ts";
import { pullPayload } from "../fakes/event.ts";
import { serverEnv } from "../fakes/github-server.ts";
import { mergePullRequest } from "../fakes/repository.ts";
import { runEffects } from "../fakes/run-effects.ts";
import { useBundle } from "./bundle.ts";

const bundle = useBundle();
let place: Workplace;
beforeEach(async () => {
  place = await openWorkplace(() => bundle.folder);
});
afterEach(() => place.end());

/** A pull request that touches model `a`, checked out as its merge commit. `limit` decides whether it passes. */
function pull(limit: number, files: Readonly<Record<string, string>> = { "watched/a.txt": "touched" }): string {
  const { repository } = place;
  writeModels(repository, ["a", "b"]);
  const base = repository.commit({ ".github/trt-gate.yml": configOf(["a", "b"], limit), "README.md": "x" });
  repository.git("checkout", "-q", "-b", "topic");
  const headSha = repository.commit(files);
  const merge = mergePullRequest(repository, headSha, base);
  place.github.headSha = headSha;
  place.event("pull_request", pullPayload({ headSha, baseSha: base }), merge);
  return headSha;
}
const run = async (inputs: Readonly<Record<string, string>> = {}, env: Readonly<Record<string, string>> = {}) =>
  await place.action({ lane: "simulate", search: "off", ...inputs }, env).ended;

describe("a sink", () => {
  it.each([
    {
      what: "403 for the comment of a fork",
      rule: { on: /comments/, fault: { status: 403, message: "Resource not accessible by integration" } },
      says: "pull-requests: write",
    },
    { what: "404 for comments", rule: { on: /comments/, fault: { status: 404 } }, says: "HTTP 404" },
    { what: "comment service that is gone", rule: { on: /comments/, fault: { status: 410 } }, says: "HTTP 410" },
    { what: "connection reset for comments", rule: { on: /comments/, fault: "reset" }, says: "was not published" },
    { what: "broken JSON from the server", rule: { on: /comments/, fault: "broken-json" }, says: "was not published" },
    { what: "artifact that is refused", rule: { on: /CreateArtifact/, fault: { status: 403, message: "no" } }, says: "was not uploaded" },
  ] as const)("$what", async ({ rule, says }) => {
    pull(200);
    place.github.rules.push(rule);
    const ended = await run();
    expect(ended.exitCode, ended.log).toBe(1);
    expect(ended.report?.verdict).toBe("regression");
    const warnings = ended.log.split("\n").filter((line) => line.startsWith("::warning") && line.includes("verdict stands"));
    expect(ended.log).toContain(says);
    expect(warnings.length + ended.log.split("was not uploaded").length - 1).toBeGreaterThan(0);
  });

  it("summary that cannot be written", async () => {
    pull(20);
    const folder = join(place.folder, "no-summary");
    mkdirSync(folder);
    const ended = await run({}, { GITHUB_STEP_SUMMARY: folder });
    expect(ended.exitCode).toBe(0);
    expect(ended.log).toMatch(/::warning.*job summary was not written/);
  });

  it("report folder that is a file", async () => {
    pull(200);
    writeFileSync(join(place.folder, "occupied"), "a file, not a folder");
    chmodSync(join(place.folder, "occupied"), 0o400);
    const ended = await run({ "report-dir": join(place.folder, "occupied") });
    expect(ended.exitCode, ended.log).toBe(1);
    expect(ended.log).toMatch(/::warning.*report was not written/);
    expect(ended.outputs.verdict).toBe("regression");
  });

  it("older run that ends later", async () => {
    pull(20);
    const newer = "e".repeat(40);
    await run();
    const body = (place.github.comments[0]?.body ?? "").replace(place.github.headSha, newer);
    if (place.github.comments[0]) place.github.comments[0].body = body;
    place.github.headSha = newer;
    const ended = await run();
    expect(ended.exitCode).toBe(0);
    expect(ended.log).toContain(`superseded by ${newer.slice(0, 12)}`);
    expect(place.github.comments.map((comment) => comment.body)).toEqual([body]);
  });

  it("artifact service that hangs", async () => {
    const effects = { ...(await runEffects(serverEnv(place.github))), clock: realClock };
    const file = join(effects.folder, "report.json");
    writeFileSync(file, "{}");
    place.github.rules.push({ on: /CreateArtifact/, fault: "hang" });
    const before = { ...process.env };
    // The toolkit's client reads the process's own environment.
    Object.assign(process.env, serverEnv(place.github));
    const job = { name: "trt-gate", jobKey: "ci/gate/null", runAttempt: 1, retentionDays: 3, folder: effects.folder, files: [file] };
    const { warnings } = await uploadArtifact({ ...job, runUrl: "https://github.com/o/r/actions/runs/5", timeoutMs: 400 }, effects);
    process.env = before;
    expect(warnings).toEqual([expect.stringContaining(effects.folder)]);
    await effects.end();
  });
});
