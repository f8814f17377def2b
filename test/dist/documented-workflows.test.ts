/**
 * The steps of the workflows under docs/workflows, read from the files and run in their order against a loopback GitHub: the gate's own steps are spawned with
 * the inputs that they name, `run` steps by the runner's shell. Steps of other actions leave what these actions leave: a checkout, files of artifacts.
 * built-engines.yml needs engines: its script and configuration are run by test/real/given-engines.test.ts.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { globSync } from "tinyglobby";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { reportSchema } from "../../src/report/schema.ts";
import { pullPayload } from "../fakes/event.ts";
import { mergePullRequest } from "../fakes/repository.ts";
import { filled, readWorkflow, runnerShell, type Step, stepEnv } from "../support/workflow.ts";
import { configOf, writeModels } from "./models.ts";
import { unpackArtifact } from "./pushes.ts";
import { commitRegression } from "./regressing-change.ts";
import { bundle, openWorkplace, pairs, type Workplace } from "./spawn.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const folder = join(root, "docs/workflows");
const runHere = ["forks-check.yml", "forks-comment.yml", "many-models.yml", "pull-request.yml"];
const needEngines = ["built-engines.yml"];

let place: Workplace;
beforeEach(async () => {
  place = await openWorkplace();
});
afterEach(async () => await place.end());

interface StepsRan {
  /** Of the first step that failed, else 0. */
  readonly exitCode: number | null;
  readonly log: string;
  /** Of the steps with an id, as `id.name`. */
  readonly outputs: Readonly<Record<string, string>>;
}

/** A job until a step fails. `values`: of the expressions that its steps hold. */
async function runJob(file: string, job: string, values: Readonly<Record<string, string>> = {}): Promise<StepsRan> {
  const steps = readWorkflow(join(folder, file)).jobs[job]?.steps ?? [];
  expect(steps.length).toBeGreaterThan(0);
  const outputs: Record<string, string> = {};
  let log = "";
  for (const step of steps) {
    const ended = step.run === undefined ? await runUses(step, values) : await runShell(step.run, stepEnv(step, values));
    log += ended.log;
    for (const [name, value] of Object.entries(ended.outputs)) outputs[`${step.id}.${name}`] = value;
    if (ended.exitCode !== 0) return { exitCode: ended.exitCode, log, outputs };
  }
  return { exitCode: 0, log, outputs };
}

async function runUses({ uses = "", with: given = {} }: Step, values: Readonly<Record<string, string>>): Promise<StepsRan> {
  const inputs = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, filled(String(value), values)]));
  const workspace = place.repository.folder;
  if (uses.startsWith("OWNER/trt-accuracy-gate@")) return await place.action(inputs).ended;
  if (uses.startsWith("actions/checkout@") && inputs.repository === "OWNER/trt-accuracy-gate")
    checkOutGate(join(workspace, inputs.path ?? ""));
  if (uses.startsWith("actions/download-artifact@")) await download(inputs, workspace);
  expect(uses).toMatch(/^actions\/(?:checkout|setup-node|download-artifact)@[0-9a-f]{40}$/);
  return { exitCode: 0, log: "", outputs: {} };
}

/** The gate beside the models, with the bundle under test and what npm would have installed. */
function checkOutGate(path: string): void {
  rmSync(path, { recursive: true, force: true });
  mkdirSync(path, { recursive: true });
  for (const name of ["package.json", "python", "runtime", "node_modules"]) symlinkSync(join(root, name), join(path, name));
  symlinkSync(bundle, join(path, "dist"));
}

async function download(inputs: Readonly<Record<string, string>>, workspace: string): Promise<void> {
  const pattern = new RegExp(`^${(inputs.pattern ?? "").replaceAll("*", ".*")}$`);
  const chosen = [...place.github.artifacts].filter(([name]) => pattern.test(name));
  expect(chosen.length).toBeGreaterThan(0);
  for (const [name, zip] of chosen)
    await unpackArtifact(zip, join(workspace, inputs.path ?? "", inputs["merge-multiple"] === "true" ? "" : name));
}

async function runShell(script: string, own: Readonly<Record<string, string>>): Promise<StepsRan> {
  const files = Object.fromEntries(
    ["OUTPUT", "STEP_SUMMARY", "STATE", "ENV", "PATH"].map((name) => [`GITHUB_${name}`, join(place.folder, `shell-${name}`)]),
  );
  for (const file of Object.values(files)) writeFileSync(file, "");
  const [shell, ...words] = runnerShell;
  const env = { ...place.env, ...files, ...own };
  // Not in step with this process, which is the server that the script asks.
  const child = spawn(shell, [...words, script], { cwd: place.repository.folder, env, timeout: 100_000 });
  let log = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (log += chunk.toString("utf8")));
  const [exitCode]: (number | null)[] = await once(child, "close");
  return { exitCode: exitCode ?? null, log, outputs: pairs(readFileSync(files.GITHUB_OUTPUT ?? "", "utf8")) };
}

/** A pull request of `topic` to `base`, as its merge commit is checked out. */
function openPull(base: string, more: object = {}): string {
  const headSha = place.repository.git("rev-parse", "topic");
  const merge = mergePullRequest(place.repository, headSha, base);
  place.github.headSha = headSha;
  place.event("pull_request", pullPayload({ headSha, baseSha: base, ...more }), merge);
  return headSha;
}

const comment = (): string => place.github.comments.map(({ body }) => body).join("\n\n");

describe("a workflow under docs/workflows", () => {
  it("is run here, or needs engines", () => {
    expect(globSync("*.yml", { cwd: folder }).toSorted()).toEqual([...runHere, ...needEngines].toSorted());
  });

  it("judges a pull request and comments: pull-request.yml", async () => {
    openPull(commitRegression(place.repository));
    const ran = await runJob("pull-request.yml", "gate");
    expect(ran.exitCode, ran.log).toBe(1);
    expect(comment()).toContain("❌ Do not merge");
  });

  it("judges a fork's without rights and comments with them: forks-check.yml, forks-comment.yml", async () => {
    const headSha = openPull(commitRegression(place.repository), { headRepoId: 2 });
    const checked = await runJob("forks-check.yml", "check");
    expect([checked.exitCode, place.github.comments.length], checked.log).toEqual([1, 0]);
    const run = { head_sha: headSha, head_branch: "topic", head_repository: { id: 2, owner: { login: "forker" } } };
    place.event("workflow_run", { repository: { id: 1 }, workflow_run: { ...run, id: 20, event: "pull_request" } }, "d".repeat(40));
    place.repository.git("checkout", "-q", "main");
    place.repository.git("clean", "-fdxq");
    const told = await runJob("forks-comment.yml", "comment", { "github.event.workflow_run.id": "20", "github.token": "t0ken" });
    expect(told.exitCode, told.log).toBe(0);
    expect(comment(), told.log).toContain("❌ Do not merge");
    expect(comment()).toContain(`head=${headSha}`);
  });

  it("splits many models, joins their reports and gives one verdict: many-models.yml", async () => {
    const names = ["a", "b", "c", "d", "e"];
    writeModels(place.repository, names);
    const base = place.repository.commit({ ".github/trt-gate.yml": configOf(names) });
    place.repository.git("checkout", "-q", "-b", "topic");
    place.repository.commit(Object.fromEntries(names.map((name) => [`watched/${name}.txt`, "touched"])));
    openPull(base);
    const { outputs, log } = await runJob("many-models.yml", "plan");
    expect(outputs, log).toMatchObject({ "plan.count": "5" });
    const { include } = z
      .object({ include: z.array(z.object({ share: z.string(), models: z.string() })) })
      .parse(JSON.parse(outputs["plan.matrix"] ?? ""));
    for (const { share, models } of include) {
      const ran = await runJob("many-models.yml", "share", { "matrix.share": share, "matrix.models": models });
      expect(ran.exitCode, ran.log).toBe(0);
    }
    const needs = { "needs.plan.outputs.expect": outputs["plan.expect"] ?? "", "github.token": "t0ken" };
    const joined = await runJob("many-models.yml", "accuracy", needs);
    expect(joined.exitCode, joined.log).toBe(0);
    const report = reportSchema.parse(JSON.parse(readFileSync(join(place.repository.folder, "merged/report.json"), "utf8")));
    expect([report.verdict, report.models.map(({ name }) => name).toSorted()]).toEqual(["pass", names]);
    const failed = await runJob("many-models.yml", "accuracy", { ...needs, "needs.plan.outputs.expect": "" });
    expect(failed.exitCode, failed.log).toBe(2);
  });
});
