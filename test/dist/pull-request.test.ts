/** The action on pull requests: what reviewers see, and that nothing which fails to be published changes the verdict. */
import { rmSync } from "node:fs";
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
    expect(told).toEqual([expect.stringMatching(/^pass: No model changed: nothing to compare \(changed since [0-9a-f]{12} /)]);
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
      expect.stringMatching(/^::error file=.*::"y" has SQNR/),
      expect.stringMatching(/^regression: Do not merge: INT8 lost accuracy in a; y SQNR [\d.]+ dB \(limit ≥ 200 dB, margin −[\d.]+ dB\)/),
    ]);
  });
});

describe("another server", () => {
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
});
