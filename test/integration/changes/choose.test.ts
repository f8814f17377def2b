import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { chooseModels, type Selection, withProposed } from "../../../src/changes/choose.ts";
import { codeFolder } from "../../../src/changes/commit-folder.ts";
import { openComparedBase } from "../../../src/changes/compared-base.ts";
import { readEvent } from "../../../src/changes/event.ts";
import { readTrustedConfig, type TrustedConfig } from "../../../src/changes/trusted-config.ts";
import { resolveSettings } from "../../../src/config/resolve-settings.ts";
import type { Settings } from "../../../src/config/settings.ts";
import { FileError } from "../../../src/effects/failure.ts";
import { eventEnv, pullPayload } from "../../fakes/event.ts";
import { type FakeGitHub, serverEnv, startGitHub } from "../../fakes/github-server.ts";
import { makeRepository, mergePullRequest, type Repository, shallowClone } from "../../fakes/repository.ts";
import { type RunEffects, runEffects } from "../../fakes/run-effects.ts";

const config = `version: 1
models:
  - name: a
    path: models/a/a.onnx
    watch: [watched/**]
    quantization: {cache: calibration/a.cache}
    validation: {data: validation}
  - name: b
    path: models/b.onnx
    quantization: {loader: loaders/b.py}
`;
const start = {
  ".github/trt-gate.yml": config,
  "models/a/a.onnx": "model a, long enough to be seen as renamed\n",
  "models/a/a.weights": "external",
  "models/b.onnx": "model b, of quite another text than the first\n",
  "calibration/a.cache": "cache",
  "validation/one.npy": "1",
  "loaders/b.py": "base loader",
  "watched/deep/x.txt": "x",
  "README.md": "readme",
};

let outer: RunEffects;
let repository: Repository;
let base: string;
let github: FakeGitHub;
const opened: RunEffects[] = [];
beforeEach(async () => {
  outer = await runEffects();
  repository = makeRepository(join(outer.folder, "repository"));
  base = repository.commit(start);
  github = await startGitHub();
});
afterEach(async () => {
  await github.close();
  for (const effects of [...opened.splice(0), outer]) await effects.end();
});

interface Run {
  readonly selection: Selection;
  readonly config: TrustedConfig;
  readonly settings: Settings;
  readonly effects: RunEffects;
}
interface Where {
  readonly cwd?: string;
  readonly baseRef?: string;
  readonly token?: string;
  readonly changedOnly?: boolean;
  readonly allowForks?: boolean;
  /** Path of a model whose file cannot be read. */
  readonly unreadable?: string;
}

async function choose(env: Readonly<Record<string, string>>, where: Where = {}): Promise<Run> {
  const effects = await runEffects({ ...serverEnv(github), ...env }, where.cwd ?? repository.folder);
  opened.push(effects);
  const options = {
    config: ".github/trt-gate.yml",
    allowForks: where.allowForks ?? false,
    baseRef: where.baseRef,
    githubToken: where.token ?? "",
  };
  const trusted = await readTrustedConfig(options, await readEvent(effects), effects);
  const settleText = (yaml: TrustedConfig["yaml"], trust: TrustedConfig["trust"]) =>
    resolveSettings({
      inputs: { "changed-only": String(where.changedOnly ?? true) },
      yaml,
      trust,
      today: "2026-11-24",
      workspace: { match: () => [], checkPath: () => undefined },
    });
  const first = settleText(trusted.yaml, trusted.trust);
  const settings =
    trusted.proposed && trusted.isProposedUsed ? withProposed(first, settleText(trusted.proposed, "data-only"), trusted.baseText) : first;
  const externalData = async (path: string) => {
    if (path === where.unreadable) throw new FileError(path, "is no valid ONNX file.");
    return path === "models/a/a.onnx" ? ["models/a/a.weights"] : [];
  };
  return { selection: await chooseModels({ settings, config: trusted, effects, externalData }), config: trusted, settings, effects };
}

const names = ({ selection }: Run) => selection.jobs.map(({ model }) => model.name);

async function pull(
  files: Readonly<Record<string, string | undefined>>,
  where: Where & { fork?: boolean; depth?: number } = {},
): Promise<Run> {
  repository.git("checkout", "-q", "-B", "topic", base);
  const headSha = repository.commit(files);
  repository.git("checkout", "-q", "main");
  const newBase = repository.commit({ "models/b.onnx": "somebody else's change of model b\n" });
  const merge = mergePullRequest(repository, headSha, newBase);
  const payload = pullPayload({ headSha, baseSha: base, headRepoId: where.fork ? 2 : 1 });
  const env = await eventEnv(outer.folder, "pull_request", payload, merge);
  if (where.depth === undefined) return await choose(env, where);
  const clone = shallowClone(repository, merge, where.depth, join(outer.folder, "clone"));
  return await choose(env, { ...where, cwd: clone.folder });
}

describe("a pull request's merge commit", () => {
  it.each([
    { what: "the model", files: { "models/a/a.onnx": "new" }, why: "model models/a/a.onnx modified" },
    { what: "its calibration cache", files: { "calibration/a.cache": "new" }, why: "calibration cache" },
    { what: "a file of its validation folder", files: { "validation/two.npy": "2" }, why: "validation data validation/two.npy added" },
    { what: "a watched file", files: { "watched/deep/y.txt": "y" }, why: "watched file" },
    { what: "its external data", files: { "models/a/a.weights": "new" }, why: "external data models/a/a.weights" },
  ])("chooses the one model where $what changed, not what others merged", async ({ files, why }) => {
    const run = await pull(files);
    expect(names(run)).toEqual(["a"]);
    expect(run.selection.jobs[0]?.why).toContain(why);
    expect(run.selection.unchanged.map(({ name }) => name)).toEqual(["b"]);
    expect(run.selection.base?.how).toBe("first parent of the merge commit");
    expect(run.selection.uncertain).toBe(false);
  });

  it("chooses a model whose file cannot be read beside the changed one: its failure is its own", async () => {
    const run = await pull({ "models/a/a.onnx": "new" }, { unreadable: "models/b.onnx" });
    expect(run.selection.jobs.map(({ model, why }) => [model.name, why])).toEqual([
      ["a", expect.stringContaining("model models/a/a.onnx modified")],
      ["b", expect.stringContaining("its file cannot be read")],
    ]);
  });

  it("chooses nothing where only other files changed", async () => {
    const run = await pull({ "README.md": "new words" });
    expect(names(run)).toEqual([]);
    expect(run.selection.unchanged).toHaveLength(2);
  });

  it("lists a deleted model as removed", async () => {
    const run = await pull({ "models/a/a.onnx": undefined });
    expect(run.selection.removed.map(({ name }) => name)).toEqual(["a"]);
    expect(names(run)).toEqual([]);
  });

  it("lists a renamed model as removed and checks it under its new name", async () => {
    const run = await pull({
      "models/a/a.onnx": undefined,
      "models/new.onnx": start["models/a/a.onnx"],
      ".github/trt-gate.yml": config.replace("name: a", "name: renamed").replace("models/a/a.onnx", "models/new.onnx"),
    });
    expect(run.selection.removed.map(({ name }) => name)).toEqual(["a"]);
    expect(names(run)).toEqual(["renamed"]);
  });

  it("refuses a model that never was there, with its place", async () => {
    await expect(pull({ "models/other.onnx": "x", ".github/trt-gate.yml": `${config}  - {path: models/nowhere.onnx}\n` })).rejects.toThrow(
      /trt-gate\.yml:11: the model "models\/nowhere\.onnx" is not there/,
    );
  });

  it("asks whether a model of a similar path was meant", async () => {
    await expect(pull({ "models/other.onnx": "x", ".github/trt-gate.yml": `${config}  - {path: models/othr.onnx}\n` })).rejects.toThrow(
      'the model "models/othr.onnx" is not there. Correct the path; did you mean "models/other.onnx"?',
    );
  });

  it("checks a model that an earlier step made and git does not know", async () => {
    const before = await pull({ "README.md": "new words" });
    expect(names(before)).toEqual([]);
    repository.write({ "models/b.onnx": "retrained in this job" });
    const env = before.effects.env;
    const run = await choose(Object.fromEntries(Object.entries(env).flatMap(([k, v]) => (v === undefined ? [] : [[k, v]]))));
    expect(names(run)).toEqual(["b"]);
  });

  it("chooses a model that is a Git LFS pointer: its own check says so", async () => {
    const pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n";
    expect(names(await pull({ "models/a/a.onnx": pointer }))).toEqual(["a"]);
  });

  it("checks all models with changed-only: false", async () => {
    expect(names(await pull({ "README.md": "x" }, { changedOnly: false }))).toEqual(["a", "b"]);
  });
});

describe("short histories", () => {
  it("asks the API where nothing can be fetched, over all pages", async () => {
    github.files = [
      ...Array.from({ length: 250 }, (_, i) => ({ filename: `other/${i}.txt`, status: "added" })),
      { filename: "calibration/a.cache", status: "modified" },
    ];
    const run = await cutOff(251);
    expect(names(run)).toEqual(["a"]);
    expect(run.selection.why).toContain("by the API");
  });

  it("counts both names of a rename that the API lists", async () => {
    github.files = [{ filename: "elsewhere.cache", previous_filename: "calibration/a.cache", status: "renamed" }];
    expect(names(await cutOff(1))).toEqual(["a"]);
  });

  it("checks everything where the API does not answer", async () => {
    github.rules.push({ on: /pulls\/7\/files/, fault: { status: 500 } });
    const run = await cutOff(1);
    expect(names(run)).toEqual(["a", "b"]);
    expect(run.selection.uncertain).toBe(true);
  });

  /** A clone of depth 1 whose remote is gone; the configuration comes from the contents API. */
  async function cutOff(changedFiles: number): Promise<Run> {
    repository.git("checkout", "-q", "-b", "topic");
    const headSha = repository.commit({ "calibration/a.cache": "new" });
    const merge = mergePullRequest(repository, headSha, base);
    const clone = shallowClone(repository, merge, 1, join(outer.folder, "clone"));
    clone.git("remote", "set-url", "origin", "file:///nowhere/repository");
    github.contents.set(`${base}:.github/trt-gate.yml`, config);
    const env = await eventEnv(outer.folder, "pull_request", pullPayload({ headSha, baseSha: base, changedFiles }), merge);
    return await choose(env, { cwd: clone.folder, token: "t" });
  }
});

describe("other events", () => {
  it("compares a checked-out head with the merge base, not with the base branch's tip", async () => {
    repository.git("checkout", "-q", "-b", "topic");
    const headSha = repository.commit({ "calibration/a.cache": "new" });
    repository.git("checkout", "-q", "main");
    const tip = repository.commit({ "models/b.onnx": "somebody else's" });
    repository.git("checkout", "-q", "--detach", headSha);
    const run = await choose(await eventEnv(outer.folder, "pull_request", pullPayload({ headSha, baseSha: tip }), "c".repeat(40)));
    expect(names(run)).toEqual(["a"]);
    expect(run.selection.base).toMatchObject({ sha: base, how: "merge base of the pull request" });
  });

  it("compares a push with the commit before it", async () => {
    const sha = repository.commit({ "calibration/a.cache": "new" });
    const run = await choose(await eventEnv(outer.folder, "push", { before: base }, sha));
    expect(names(run)).toEqual(["a"]);
  });

  it.each([
    { what: "a new branch", before: "0".repeat(40) },
    { what: "a force push over an unknown commit", before: "d".repeat(40) },
  ])("checks everything after $what without a default branch to compare with", async ({ before }) => {
    const sha = repository.commit({ "README.md": "x" });
    const run = await choose(await eventEnv(outer.folder, "push", { before, repository: { default_branch: "main" } }, sha));
    expect(names(run)).toEqual(["a", "b"]);
    expect(run.selection.uncertain).toBe(true);
  });

  it("compares a new branch with where it left the default branch", async () => {
    repository.git("update-ref", "refs/remotes/origin/main", base);
    repository.git("checkout", "-q", "-b", "topic");
    const sha = repository.commit({ "calibration/a.cache": "new" });
    const run = await choose(await eventEnv(outer.folder, "push", { before: "0".repeat(40), repository: { default_branch: "main" } }, sha));
    expect(names(run)).toEqual(["a"]);
    expect(run.selection.base?.how).toBe("merge base with main");
  });

  it("compares a merge group with its base", async () => {
    const sha = repository.commit({ "models/b.onnx": "new" });
    const run = await choose(await eventEnv(outer.folder, "merge_group", { merge_group: { base_sha: base, head_sha: sha } }, sha));
    expect(names(run)).toEqual(["b"]);
  });

  it.each(["workflow_dispatch", "schedule", "release", "some_future_event"])("checks everything on %s", async (name) => {
    const run = await choose(await eventEnv(outer.folder, name, {}, base));
    expect(names(run)).toEqual(["a", "b"]);
    expect(run.selection.why).toContain("no commit to compare with");
  });

  it("compares with base-ref where one is given, from its fork point", async () => {
    repository.git("checkout", "-q", "-b", "topic");
    repository.commit({ "calibration/a.cache": "new" });
    expect(names(await choose({}, { baseRef: "main" }))).toEqual(["a"]);
    await expect(choose({}, { baseRef: "no-such-branch" })).rejects.toThrow(/"no-such-branch" is no commit/);
    await expect(choose({}, { baseRef: "--output=/tmp/x" })).rejects.toThrow(/is no commit/);
  });

  it("checks everything on the command line without a base, silently", async () => {
    const run = await choose({});
    expect(names(run)).toEqual(["a", "b"]);
    expect(run.selection).toMatchObject({ uncertain: false, base: undefined });
  });

  it("checks everything in a folder without git", async () => {
    const folder = join(outer.folder, "plain");
    mkdirSync(folder);
    for (const [path, text] of Object.entries(start)) await outer.files.writeText(join(folder, path), text);
    expect(names(await choose({}, { cwd: folder }))).toEqual(["a", "b"]);
  });

  it("sees a change inside a submodule, and names the submodule that was not checked out", async () => {
    const inner = makeRepository(join(outer.folder, "inner"));
    inner.commit({ "c.onnx": "one" });
    repository.git("submodule", "add", "-q", `file://${inner.folder}`, "sub");
    const before = repository.commit({ ".github/trt-gate.yml": `version: 1\nmodels:\n  - path: sub/c.onnx\n` });
    const env = async () => await eventEnv(outer.folder, "push", { before }, before);
    expect(names(await choose(await env()))).toEqual([]);
    repository.write({ "sub/c.onnx": "two" });
    expect(names(await choose(await env()))).toEqual(["c"]);
    const clone = shallowClone(repository, before, 1, join(outer.folder, "clone"));
    await expect(choose(await env(), { cwd: clone.folder })).rejects.toThrow(/submodule sub: give the checkout step submodules: true/);
  });
});

describe("trust", () => {
  it("says on a machine's own run that limits differ from the base's, which only there count", async () => {
    const looser = config.replace("quantization: {cache: calibration/a.cache}", "$&\n    tolerance: {sqnr-db: {fail: 1}}");
    repository.commit({ ".github/trt-gate.yml": looser });
    const told = (await choose({}, { baseRef: base })).selection.trust.notices.join();
    expect(told).toContain("Limits or waivers of 'a' in .github/trt-gate.yml differ from those of the base commit");
    repository.commit({ ".github/trt-gate.yml": config.replace("watched/**", "watched/*") });
    expect((await choose({}, { baseRef: base })).selection.trust.notices.join()).not.toContain("Limits or waivers");
  });

  it("uses the base's tolerance where the change loosens it, says so and checks the model", async () => {
    const run = await pull({ ".github/trt-gate.yml": config.replace("watch:", "tolerance: {sqnr-db: {fail: 1}}\n    watch:") });
    expect(names(run)).toEqual(["a"]);
    expect(run.settings.models[0]?.tolerance.limits.sqnrDb).not.toEqual({ fail: 1 });
    expect(run.selection.trust.notices.join()).toContain("The change edits .github/trt-gate.yml");
    expect(run.config.yaml?.commit).toBe(run.selection.base?.sha);
  });

  it("does not let a change switch the gate off by deleting the configuration", async () => {
    const run = await pull({ ".github/trt-gate.yml": undefined, "models/a/a.onnx": "new" });
    expect(names(run)).toContain("a");
  });

  it("takes a new configuration's data but neither its loader nor its waivers", async () => {
    repository.git("rm", "-q", ".github/trt-gate.yml");
    base = repository.commit({});
    const own = config.replace("watch:", 'waivers: [{tensor: "*", reason: r, until: 2027-01-01}]\n    watch:');
    const run = await pull({ ".github/trt-gate.yml": own });
    expect(run.config.trust).toBe("data-only");
    expect(run.settings.models.map(({ waivers, quantization }) => [waivers.length, quantization?.loader])).toEqual([
      [0, undefined],
      [0, undefined],
    ]);
    expect(run.selection.trust.notices.join()).toContain("is new in this change");
  });

  it("leaves a fork's own configuration undecided", async () => {
    repository.git("rm", "-q", ".github/trt-gate.yml");
    base = repository.commit({});
    await expect(pull({ ".github/trt-gate.yml": config }, { fork: true })).rejects.toMatchObject({
      name: "ToolError",
      reason: "config-not-on-base",
    });
  });

  it("runs loaders from a folder that holds no file of the change", async () => {
    const run = await pull({
      "loaders/b.py": "head loader",
      "loaders/numpy.py": "hostile",
      "sitecustomize.py": "hostile",
      "models/b.onnx": "somebody else's change of model b\n",
    });
    const [, b] = run.settings.models;
    if (b === undefined) throw new Error("model b is configured");
    const folder = await codeFolder(run.config.checkout, [b], run.effects);
    expect(readFileSync(join(folder, "loaders/b.py"), "utf8")).toBe("base loader");
    expect([existsSync(join(folder, "loaders/numpy.py")), existsSync(join(folder, "sitecustomize.py"))]).toEqual([false, false]);
  });

  it("takes plugin libraries from the base commit, the machine's own where they are", async () => {
    const library = "a library of two mebibytes".padEnd(2 << 20);
    base = repository.commit({ "plugins/libOp.so": library });
    const run = await pull({ "plugins/libOp.so": "hostile", "models/b.onnx": "somebody else's change of model b\n" });
    const [, b] = run.settings.models;
    if (b === undefined) throw new Error("model b is configured");
    const withPlugins = { ...b, tensorrt: { ...b.tensorrt, plugins: ["plugins/libOp.so", "/opt/libOwn.so"] } };
    const folder = await codeFolder(run.config.checkout, [withPlugins], run.effects);
    expect(readFileSync(join(folder, "plugins/libOp.so"), "utf8") === library).toBe(true);
    const moved = { ...b, tensorrt: { ...b.tensorrt, plugins: ["plugins/libNew.so"] } };
    await expect(codeFolder(run.config.checkout, [moved], run.effects)).rejects.toThrow(/plugins\/libNew\.so is not on the base commit/);
  });

  it("says that the base's loader runs where the change edits it", async () => {
    const run = await pull({ "loaders/b.py": "head loader" });
    expect(run.selection.trust.notices).toEqual([
      expect.stringMatching(/edits loaders\/b\.py; the version of the base commit [0-9a-f]{12} runs/),
    ]);
  });

  it("refuses a loader that only the change has", async () => {
    const run = await pull({ "README.md": "x" });
    const [, b] = run.settings.models;
    if (b?.quantization === undefined) throw new Error("model b has a loader");
    const moved = { ...b, quantization: { ...b.quantization, loader: "loaders/new.py" } };
    await expect(codeFolder(run.config.checkout, [moved], run.effects)).rejects.toThrow(/loaders\/new\.py is not on the base commit/);
  });

  it("starts only git, without any secret in its environment", async () => {
    const secrets = {
      GITHUB_TOKEN: "s3cret",
      INPUT_GITHUB_TOKEN: "s3cret",
      ACTIONS_RUNTIME_TOKEN: "s3cret",
      AWS_SECRET_ACCESS_KEY: "s3cret",
      NODE_OPTIONS: "x",
      LD_PRELOAD: "x",
    };
    const sha = repository.commit({ "calibration/a.cache": "new" });
    const { effects } = await choose({ ...(await eventEnv(outer.folder, "push", { before: base }, sha)), ...secrets });
    expect(effects.started.length).toBeGreaterThan(0);
    expect(effects.started.filter(({ line }) => !line.startsWith("git "))).toEqual([]);
    const seen = JSON.stringify(effects.started);
    expect([seen.includes("s3cret"), seen.includes("LD_PRELOAD"), seen.includes("NODE_OPTIONS")]).toEqual([false, false, false]);
  });

  it("passes no name from the event to git", async () => {
    const { effects } = await pull({ "calibration/a.cache": "new" });
    const words = effects.started.flatMap(({ line }) => line.split(" "));
    expect(words.filter((word) => word.includes("topic") || word.includes("main"))).toEqual([]);
  });
});

describe("the baseline", () => {
  it("is the base commit's files in a folder of their own, and the checkout stays as it was", async () => {
    const run = await pull({ "models/a/a.onnx": "new", "models/a/a.weights": "new" });
    const before = [
      repository.git("status", "--porcelain"),
      readFileSync(join(repository.folder, ".git/index")).toString("hex"),
      repository.git("worktree", "list"),
    ];
    const [a] = run.settings.models;
    if (a === undefined) throw new Error("model a is configured");
    const files = await (await openComparedBase(run.config.checkout, run.effects))?.filesOf({ now: a, was: a });
    const folder = files?.kind === "there" ? files.folder : "";
    expect(readFileSync(join(folder, "models/a/a.onnx"), "utf8")).toBe(start["models/a/a.onnx"]);
    expect(readFileSync(join(folder, "models/a/a.weights"), "utf8")).toBe("external");
    expect(existsSync(join(folder, "README.md"))).toBe(false);
    expect([
      repository.git("status", "--porcelain"),
      readFileSync(join(repository.folder, ".git/index")).toString("hex"),
      repository.git("worktree", "list"),
    ]).toEqual(before);
  });

  it("is absent for a model that the base does not have", async () => {
    const run = await pull({ "models/c.onnx": "new", ".github/trt-gate.yml": `${config}  - {name: c, path: models/c.onnx}\n` });
    const c = run.settings.models.find(({ name }) => name === "c");
    if (c === undefined) throw new Error("model c is proposed");
    expect(names(run)).toEqual(["c"]);
    expect(await (await openComparedBase(run.config.checkout, run.effects))?.filesOf({ now: c, was: c })).toEqual({ kind: "new" });
  });
});
