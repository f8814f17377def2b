/** More models than one machine takes: plan, shares, merge; and the comment on a fork's pull request from a second workflow. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { type Report, reportSchema } from "../../src/report/schema.ts";
import { suggestionsOf } from "../../src/report/suggestion.ts";
import { pullPayload } from "../fakes/event.ts";
import { sampleFix } from "../fakes/report.ts";
import { mergePullRequest } from "../fakes/repository.ts";
import { configOf, writeModels } from "./models.ts";
import { type Ended, openWorkplace, type Workplace } from "./spawn.ts";

const matrixSchema = z.object({ include: z.array(z.object({ share: z.string(), models: z.string(), count: z.number() })) });
const names = Array.from({ length: 40 }, (_, i) => `m${String(i).padStart(2, "0")}`);

let place: Workplace;
beforeEach(async () => {
  place = await openWorkplace();
});
afterEach(async () => await place.end());

function pull(touched: readonly string[], all: readonly string[], fork = false): string {
  const { repository } = place;
  writeModels(repository, all);
  const base = repository.commit({ ".github/trt-gate.yml": configOf(all) });
  repository.git("checkout", "-q", "-b", "topic");
  const headSha = repository.commit({ "README.md": "x", ...Object.fromEntries(touched.map((name) => [`watched/${name}.txt`, "touched"])) });
  const merge = mergePullRequest(repository, headSha, base);
  place.github.headSha = headSha;
  place.event("pull_request", pullPayload({ headSha, baseSha: base, headRepoId: fork ? 2 : 1 }), merge);
  return headSha;
}

async function plan(): Promise<{ ended: Ended; matrix: z.infer<typeof matrixSchema>["include"] }> {
  const ended = await place.command(["plan", "--runners", "4", "--json"]).ended;
  expect(ended.exitCode, ended.log).toBe(0);
  return { ended, matrix: matrixSchema.parse(JSON.parse(ended.outputs.matrix ?? "")).include };
}
const share = async (name: string, models: string) =>
  await place.action({
    lane: "simulate",
    search: "off",
    comment: "off",
    models,
    "changed-only": "false",
    "report-dir": name,
    "artifact-name": `trt-gate-${name}`,
    "job-key": name,
  }).ended;
const merge = async (reports: readonly string[], expected: string) =>
  await place.command(
    ["merge", ...reports, "--expect", expected, "-o", "merged/report.json", "--artifact-name", "", "--job-key", "ci/gate"],
    { GITHUB_TOKEN: "t0ken" },
  ).ended;
const merged = () => reportSchema.parse(JSON.parse(readFileSync(join(place.repository.folder, "merged/report.json"), "utf8")));

describe("40 models on 4 runners", () => {
  it("end as one report, one comment and one verdict, and as undecided when a share is lost", async () => {
    pull(names, names);
    const { ended, matrix } = await plan();
    expect(matrix.map(({ count }) => count)).toEqual([10, 10, 10, 10]);
    expect(new Set(matrix.flatMap(({ models }) => models.split("\n"))).size).toBe(40);
    for (const { share: name, models } of matrix) {
      const done = await share(name, models);
      expect(done.exitCode, done.log).toBe(0);
    }
    const reports = matrix.map(({ share: name }) => `${name}/report.json`);
    const all = await merge(reports, ended.outputs.expect ?? "");
    expect(all.exitCode, all.log).toBe(0);
    expect(merged()).toMatchObject({ verdict: "pass", complete: true });
    expect(
      merged()
        .models.map(({ name }) => name)
        .toSorted(),
    ).toEqual(names);
    expect([...place.github.artifacts.keys()].toSorted()).toEqual(matrix.map(({ share: name }) => `trt-gate-${name}`));
    expect(place.github.comments).toHaveLength(1);

    const lost = await merge(reports.slice(1), ended.outputs.expect ?? "");
    expect(lost.exitCode, lost.log).toBe(4);
    expect(merged()).toMatchObject({ verdict: "undecided", complete: false });
    expect(merged().models.filter(({ reason }) => reason === "share-missing")).toHaveLength(10);
    expect(place.github.comments).toHaveLength(1);
  });

  it("plan nothing where nothing changed, and merge that to a pass", async () => {
    pull([], ["a", "b"]);
    const { ended } = await plan();
    expect(ended.outputs).toMatchObject({ count: "0", expect: "[]" });
    const done = await merge([], ended.outputs.expect ?? "");
    expect(done.exitCode, done.log).toBe(0);
    expect(merged()).toMatchObject({ verdict: "pass", reason: "no-model-changed" });
  });
});

describe("merge", () => {
  it("is a usage error where plan failed and left an empty output", async () => {
    pull(["a"], ["a"]);
    const done = await merge([], "");
    expect(done.exitCode, done.log).toBe(2);
  });

  it("refuses a report about another commit", async () => {
    pull(["a"], ["a"]);
    await share("share-1", "models/a.onnx");
    const path = join(place.repository.folder, "share-1/report.json");
    writeFileSync(path, readFileSync(path, "utf8").replaceAll(place.github.headSha, "f".repeat(40)));
    const done = await merge(["share-1/report.json"], '["a"]');
    expect(done.exitCode, done.log).toBe(2);
    expect(existsSync(join(place.repository.folder, "merged/report.json"))).toBe(false);
  });

  it("counts a damaged report as a share that never reported", async () => {
    pull(["a", "b"], ["a", "b"]);
    await share("share-1", "models/a.onnx");
    place.repository.write({ "share-2/report.json": '{"schemaVersion": 1, "verdict": "pa' });
    const done = await merge(["share-1/report.json", "share-2/report.json"], '["a", "b"]');
    expect(done.exitCode, done.log).toBe(4);
    expect(merged().models.map(({ name, reason }) => [name, reason])).toContainEqual(["b", "share-missing"]);
  });
});

describe("a fork's pull request in two workflows", () => {
  const second = (headSha: string): void => {
    place.event(
      "workflow_run",
      {
        repository: { id: 1 },
        workflow_run: { head_sha: headSha, head_branch: "topic", head_repository: { id: 2, owner: { login: "forker" } } },
      },
      "d".repeat(40),
    );
  };

  it("builds without a comment first and comments from workflow_run, on the pull request that GitHub names", async () => {
    const headSha = pull(["a"], ["a"], true);
    place.github.rules.push({ on: /^POST .*comments/, fault: { status: 403, message: "Resource not accessible by integration" } });
    const first = await place.action({ lane: "simulate", search: "off", comment: "off" }).ended;
    expect(first.exitCode, first.log).toBe(0);
    place.github.rules.length = 0;
    second(headSha);
    const done = await merge(["trt-gate-report/report.json"], '["a"]');
    expect(done.exitCode, done.log).toBe(0);
    expect(place.github.comments).toHaveLength(1);
    expect(place.github.comments[0]?.body).toContain(`head=${headSha}`);
    expect(place.github.calls.some((call) => call.includes(encodeURIComponent("forker:topic")))).toBe(true);
  });

  it("offers nothing to commit from the fork's report", async () => {
    const headSha = pull(["a"], ["a"], true);
    await place.action({ lane: "simulate", search: "off", comment: "off" }).ended;
    const path = join(place.repository.folder, "trt-gate-report/report.json");
    const report = reportSchema.parse(JSON.parse(readFileSync(path, "utf8")));
    const suggestion = { file: "trt-gate.yml", line: 1, replaces: "path: a", lines: ["path: a", "keep: [c2]"] };
    const fix = sampleFix({ suggestion });
    const hostile: Report = {
      ...report,
      verdict: "regression",
      exitCode: 1,
      models: report.models.map((model) => ({ ...model, verdict: "regression", fix })),
    };
    expect(suggestionsOf(hostile)).toHaveLength(1);
    writeFileSync(path, JSON.stringify(hostile));
    place.github.files = [{ filename: "trt-gate.yml", status: "added", patch: "@@ -0,0 +1 @@\n+path: a" }];
    second(headSha);
    await merge(["trt-gate-report/report.json"], '["a"]');
    expect(place.github.comments).toHaveLength(1);
    expect(place.github.reviewComments).toEqual([]);
  });

  it("takes neither links nor scripts from the fork's report, and no pull request of another head", async () => {
    const headSha = pull(["a"], ["a"], true);
    await place.action({ lane: "simulate", search: "off", comment: "off" }).ended;
    const path = join(place.repository.folder, "trt-gate-report/report.json");
    const report = reportSchema.parse(JSON.parse(readFileSync(path, "utf8")));
    const hostile = { ...report, environment: { ...report.environment, runUrl: "https://evil.example/run", jobKey: "evil" } };
    writeFileSync(path, JSON.stringify(hostile));
    second(headSha);
    await merge(["trt-gate-report/report.json"], '["a"]');
    expect(place.github.comments.map(({ body }) => body.includes("evil"))).toEqual([false]);
    place.github.comments.length = 0;
    place.github.headSha = "e".repeat(40);
    const moved = await merge(["trt-gate-report/report.json"], '["a"]');
    expect(place.github.comments).toEqual([]);
    expect(moved.log).toContain("no open pull request has the head");
  });

  it("does not check a fork's models in workflow_run", async () => {
    const headSha = pull(["a"], ["a"], true);
    second(headSha);
    const ended = await place.action({ lane: "simulate" }).ended;
    expect(ended.exitCode, ended.log).toBe(3);
  });
});
