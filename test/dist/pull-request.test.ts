/** The action on pull requests: what reviewers see, and that nothing which fails to be published changes the verdict. */
import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { pullPayload } from "../fakes/event.ts";
import { mergePullRequest } from "../fakes/repository.ts";
import { configOf, writeModels } from "./models.ts";
import { openWorkplace, type Workplace } from "./spawn.ts";

let place: Workplace;
let base: string;
beforeEach(async () => {
  place = await openWorkplace();
});
afterEach(async () => await place.end());

/** A pull request that touches model `a`, checked out as its merge commit. `limit` decides whether it passes. */
function pull(limit: number, files: Readonly<Record<string, string>> = { "watched/a.txt": "touched" }): string {
  const { repository } = place;
  writeModels(repository, ["a", "b"]);
  base = repository.commit({ ".github/trt-gate.yml": configOf(["a", "b"], limit), "README.md": "x" });
  repository.git("checkout", "-q", "-b", "topic");
  const headSha = repository.commit(files);
  const merge = mergePullRequest(repository, headSha, base);
  place.github.headSha = headSha;
  place.event("pull_request", pullPayload({ headSha, baseSha: base }), merge);
  return headSha;
}
const run = async (inputs: Readonly<Record<string, string>> = {}, env: Readonly<Record<string, string>> = {}) =>
  await place.action({ lane: "simulate", search: "off", ...inputs }, env).ended;
const writes = () => place.github.calls.filter((call) => /^(POST .*comments|PATCH|DELETE)/.test(call));

describe("a pull request", () => {
  it("checks the touched model only, passes, and tells it everywhere", async () => {
    pull(20);
    const ended = await run();
    expect(ended.exitCode, ended.log).toBe(0);
    expect(ended.report).toMatchObject({ verdict: "pass", models: [{ name: "a", verdict: "pass" }], selection: { unchanged: ["b"] } });
    expect(ended.outputs).toMatchObject({ verdict: "pass", "models-checked": "1", regressions: "0" });
    expect(ended.outputs["comment-url"]).toBe(place.github.comments[0]?.html_url);
    expect(ended.outputs["artifact-url"]).toMatch(/actions\/runs\/20\/artifacts\/4242$/);
    expect(ended.summary.length).toBeGreaterThan(100);
    expect([...place.github.artifacts.keys()]).toEqual(["trt-gate"]);
    expect(place.github.calls.length).toBeLessThan(20);
  });

  it("fails the step on a regression, and the second run edits the one comment to a short all-clear that stays", async () => {
    pull(200);
    const red = await run();
    expect(red.exitCode, red.log).toBe(1);
    expect(place.github.comments).toHaveLength(1);
    const first = place.github.comments[0]?.body ?? "";
    expect(first.startsWith("<!-- trt-gate v1 key=ci/gate -->\n")).toBe(true);
    const { repository } = place;
    rmSync(join(repository.folder, "trt-gate-report"), { recursive: true });
    repository.git("checkout", "-q", "-B", "main", base);
    const fixedBase = repository.commit({ ".github/trt-gate.yml": configOf(["a", "b"], 20) });
    const merge = mergePullRequest(repository, "topic", fixedBase);
    place.event("pull_request", pullPayload({ headSha: place.github.headSha, baseSha: fixedBase }), merge);
    const green = await run({}, { GITHUB_RUN_ID: "21" });
    expect(green.exitCode, green.log).toBe(0);
    expect(place.github.comments).toHaveLength(1);
    const clear = place.github.comments[0]?.body ?? "";
    expect(clear).toContain("What an earlier run reported here no longer holds.");
    expect(clear.length).toBeLessThan(2000);
    await run({}, { GITHUB_RUN_ID: "22" });
    // The same text but for whose run it was and how long it took.
    const timeless = (body: string) => body.replace(/ · [0-9.]+ s<\/sub>/, " · N s</sub>");
    const again = place.github.comments.map(({ body }) => timeless(body.replace("run=22", "run=21").replaceAll("runs/22", "runs/21")));
    expect(timeless(clear)).toContain(" · N s</sub>");
    expect(again).toEqual([timeless(clear)]);
    expect(green.outputs["comment-url"]).toBe(red.outputs["comment-url"]);
  });

  it("says in one line that no model changed, without one call to GitHub", async () => {
    pull(20, { "README.md": "other words" });
    const ended = await run({ comment: "on-change" });
    expect(ended.exitCode, ended.log).toBe(0);
    expect(ended.report).toMatchObject({ verdict: "pass", reason: "no-model-changed", models: [] });
    expect(writes()).toEqual([]);
    expect(place.github.artifacts.size).toBe(0);
    const [mask, ...told] = ended.log.trim().split("\n");
    expect(mask).toBe("::add-mask::t0ken");
    expect(told).toEqual([expect.stringMatching(/^pass: Safe to merge: no model changed \(changed since [0-9a-f]{12} /)]);
  });

  it("does not overwrite the comment of a newer head", async () => {
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
});

describe("the log", () => {
  it("has a chapter a phase, tells each thing once outside them, and the result in its last line", async () => {
    pull(200);
    const { log } = await run();
    const chapters = log.split("\n").filter((line) => line.startsWith("::group::"));
    expect(chapters).toEqual(["::group::a (watched file watched/a.txt added)", "::group::Uploading the report", "::group::Figures"]);
    const outside = log
      .replaceAll(/::group::[\s\S]*?::endgroup::\n/g, "")
      .trim()
      .split("\n");
    expect(outside).toEqual([
      "::add-mask::t0ken",
      expect.stringMatching(/^1 of 2 models to check \(changed since /),
      expect.stringMatching(/^::error file=.*::"y" has sqnr-db/),
      expect.stringMatching(/^regression: Do not merge: INT8 lost accuracy in a; y SQNR [\d.]+ dB \(limit ≥ 200 dB, margin −[\d.]+ dB\)/),
    ]);
  });
});

describe("sinks that fail", () => {
  it.each([
    {
      what: "403 for comments",
      rule: { on: /comments/, fault: { status: 403, message: "Resource not accessible by integration" } },
      says: "pull-requests: write",
    },
    { what: "404 for comments", rule: { on: /comments/, fault: { status: 404 } }, says: "HTTP 404" },
    { what: "a comment service that is gone", rule: { on: /comments/, fault: { status: 410 } }, says: "HTTP 410" },
    { what: "a connection that is reset", rule: { on: /comments/, fault: "reset" }, says: "was not published" },
    { what: "broken JSON", rule: { on: /comments/, fault: "broken-json" }, says: "was not published" },
    { what: "a refused artifact", rule: { on: /CreateArtifact/, fault: { status: 403, message: "no" } }, says: "was not uploaded" },
  ] as const)("$what: a warning, the same verdict", async ({ rule, says }) => {
    pull(200);
    place.github.rules.push(rule);
    const ended = await run();
    expect(ended.exitCode, ended.log).toBe(1);
    expect(ended.report?.verdict).toBe("regression");
    const warnings = ended.log.split("\n").filter((line) => line.startsWith("::warning") && line.includes("verdict stands"));
    expect(ended.log).toContain(says);
    expect(warnings.length + ended.log.split("was not uploaded").length - 1).toBeGreaterThan(0);
  });

  it("warns where the summary cannot be written", async () => {
    pull(20);
    const folder = join(place.folder, "no-summary");
    mkdirSync(folder);
    const ended = await run({}, { GITHUB_STEP_SUMMARY: folder });
    expect(ended.exitCode).toBe(0);
    expect(ended.log).toMatch(/::warning.*job summary was not written/);
  });

  it.each([
    { server: "GitHub Enterprise Server", host: "https://ghe.example.com", env: {}, author: "github-actions[bot]", api: "v3" },
    {
      server: "Gitea",
      host: "https://gitea.example.com",
      env: { ACTIONS_RUNTIME_TOKEN: "", ACTIONS_RESULTS_URL: "" },
      author: "gitea-actions",
      api: "v1",
    },
    {
      server: "Forgejo",
      host: "https://forgejo.example.com",
      env: { ACTIONS_RUNTIME_TOKEN: "", ACTIONS_RESULTS_URL: "" },
      author: "forgejo-actions",
      api: "v1",
    },
  ])("on $server leaves the report in its folder, says so, and keeps one comment with links to that server", async (other) => {
    pull(200);
    place.github.author = other.author;
    if (other.api === "v1") place.github.viewer = undefined;
    const env = { ...other.env, GITHUB_SERVER_URL: other.host, GITHUB_API_URL: place.github.apiUrl.replace("v3", other.api) };
    for (const GITHUB_RUN_ID of ["20", "21"]) {
      const ended = await run({}, { ...env, GITHUB_RUN_ID });
      expect(ended.exitCode, ended.log).toBe(1);
      expect(ended.log).toMatch(/::warning::.*The report is in .*trt-gate-report.*upload-artifact@v3/);
      expect(ended.outputs).toMatchObject({ "artifact-url": "", "report-path": expect.stringContaining("report.json") });
      expect(place.github.comments.map(({ body }) => body.includes(`${other.host}/o/r/actions/runs/${GITHUB_RUN_ID}`))).toEqual([true]);
    }
    expect(place.github.artifacts.size).toBe(0);
    expect(place.github.calls.filter((call) => call.includes("/twirp/"))).toEqual([]);
  });

  it("warns where the report folder cannot be written and says the result in the log", async () => {
    pull(200);
    writeFileSync(join(place.folder, "occupied"), "a file, not a folder");
    chmodSync(join(place.folder, "occupied"), 0o400);
    const ended = await run({ "report-dir": join(place.folder, "occupied") });
    expect(ended.exitCode, ended.log).toBe(1);
    expect(ended.log).toMatch(/::warning.*report was not written/);
    expect(ended.outputs.verdict).toBe("regression");
  });
});
