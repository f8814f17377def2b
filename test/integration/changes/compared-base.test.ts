/** Which commit a run compares with by itself, and a model's files there: in clones as people and machines have them. Nothing is fetched. */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openCheckout } from "../../../src/changes/checkout.ts";
import { type ComparedBase, openComparedBase } from "../../../src/changes/compared-base.ts";
import type { ModelEntry } from "../../../src/config/settings.ts";
import { makeRepository, openRepository, type Repository, shallowClone } from "../../fakes/repository.ts";
import { type RunEffects, runEffects } from "../../fakes/run-effects.ts";
import { entryOf } from "../../fakes/settings.ts";

let outer: RunEffects;
let repository: Repository;
const opened: RunEffects[] = [];
beforeEach(async () => {
  outer = await runEffects();
  repository = makeRepository(join(outer.folder, "repository"));
});
afterEach(async () => {
  for (const effects of [...opened.splice(0), outer]) await effects.end();
});

const files = { "m.onnx": "model", "m.cache": "cache", "v.npz": "samples" };
const entry = entryOf("quantization: {cache: m.cache}\nvalidation: {data: v.npz}");
const both = (model: ModelEntry = entry) => ({ now: model, was: model });

/** What a run on one's own machine compares with, and the lines of the programs that it started. */
async function compared(cwd = repository.folder): Promise<{ base: ComparedBase | undefined; started: string[]; effects: RunEffects }> {
  const effects = await runEffects({}, cwd);
  opened.push(effects);
  const checkout = await openCheckout(
    { config: ".github/trt-gate.yml", allowForks: false, baseRef: undefined, githubToken: "" },
    undefined,
    effects,
  );
  const base = await openComparedBase(checkout, effects);
  return { base, started: effects.started.map(({ line }) => line), effects };
}
const named = ({ base }: { base: ComparedBase | undefined }) => [base?.name, base?.commit];

describe("the base of a run on one's own machine", () => {
  it("is where the branch left main, and on main the last commit", async () => {
    const first = repository.commit(files);
    expect(named(await compared())).toEqual(["the last commit", first]);
    repository.git("checkout", "-q", "-b", "topic");
    expect(named(await compared())).toEqual(["the last commit", first]);
    repository.commit({ "m.cache": "new" });
    expect(named(await compared())).toEqual(["main", first]);
    repository.git("checkout", "-q", "main");
    const later = repository.commit({ README: "later" });
    repository.git("checkout", "-q", "topic");
    expect(named(await compared())).toEqual(["main", first]);
    repository.git("merge", "-q", "--no-edit", "main");
    expect(named(await compared())).toEqual(["main", later]);
  });

  it("is where the work left the branch that origin calls its default, also for commits on that branch that are not pushed", async () => {
    const first = repository.commit(files);
    repository.git("branch", "-m", "trunk");
    const clone = join(outer.folder, "clone");
    repository.git("clone", "-q", `file://${repository.folder}`, clone);
    const own = openRepository(clone);
    own.commit({ "m.cache": "new" });
    expect(named(await compared(clone))).toEqual(["origin/trunk", first]);
    own.git("remote", "set-head", "origin", "--delete");
    // Neither main nor master is there.
    expect((await compared(clone)).base?.name).toBe("the last commit");
    own.git("update-ref", "refs/remotes/origin/master", first);
    expect(named(await compared(clone))).toEqual(["origin/master", first]);
  });

  it.each([1, 2])("is the last commit in a clone of depth %i, and nothing is fetched", async (depth) => {
    repository.commit(files);
    repository.commit({ "m.cache": "new" });
    const last = repository.commit({ README: "x" });
    const { folder } = shallowClone(repository, last, depth, join(outer.folder, "shallow"));
    const run = await compared(folder);
    expect(named(run)).toEqual(["the last commit", last]);
    expect(run.started.filter((line) => /\bfetch\b/.test(line))).toEqual([]);
  });

  it("is none outside a repository, before the first commit, and in a repository without a work tree", async () => {
    expect((await compared(outer.folder)).base).toBeUndefined();
    expect((await compared()).base).toBeUndefined();
    repository.commit(files);
    const bare = join(outer.folder, "bare.git");
    repository.git("clone", "-q", "--bare", `file://${repository.folder}`, bare);
    expect((await compared(bare)).base).toBeUndefined();
  });
});

describe("a model's files at the base", () => {
  it("may differ only where a file that the entry names, or one beside the model, changed", async () => {
    repository.commit({ ...files, "other/b.onnx": "b" });
    repository.write({ "other/b.onnx": "changed" });
    const inFolder = { ...entry, path: "models/m.onnx" };
    expect((await compared()).base?.mayDiffer(both(inFolder))).toBe(false);
    repository.write({ "v.npz": "other samples" });
    expect((await compared()).base?.mayDiffer(both(inFolder))).toBe(true);
  });

  it("are those of the commit, below the work folder where that is a folder of the repository", async () => {
    const below = Object.fromEntries(Object.entries(files).map(([path, text]) => [`work/${path}`, text]));
    repository.commit(below);
    repository.write({ "work/m.cache": "not committed" });
    const { base } = await compared(join(repository.folder, "work"));
    const found = await base?.filesOf(both());
    const folder = found?.kind === "there" ? found.folder : "";
    expect(readFileSync(join(folder, "m.cache"), "utf8")).toBe("cache");
    expect(base?.mayDiffer(both())).toBe(true);
  });

  it("are new where the change adds the model, and unknown where git does not know it", async () => {
    repository.commit({ README: "x" });
    repository.write(files);
    expect(await (await compared()).base?.filesOf(both())).toEqual({
      kind: "unknown",
      why: "m.onnx is not among the files of the last commit",
    });
    repository.git("add", "m.onnx");
    expect(await (await compared()).base?.filesOf(both())).toEqual({ kind: "new" });
  });

  it("are unknown in a submodule", async () => {
    repository.commit(files);
    const outside = makeRepository(join(outer.folder, "outside"));
    outside.git("submodule", "--quiet", "add", `file://${repository.folder}`, "sub");
    outside.commit({});
    const { base } = await compared(outside.folder);
    const inside = { ...entry, path: "sub/m.onnx" };
    expect((await base?.filesOf(both(inside)))?.kind).toBe("unknown");
  });

  it("hold what a Git LFS pointer stands for where this clone has it, and nothing is downloaded for the others", async () => {
    const pointerOf = (content: string): string => {
      const oid = createHash("sha256").update(content).digest("hex");
      return `version https://git-lfs.github.com/spec/v1\noid sha256:${oid}\nsize ${content.length}\n`;
    };
    const oid = createHash("sha256").update("model").digest("hex");
    const object = join(repository.folder, ".git/lfs/objects", oid.slice(0, 2), oid.slice(2, 4), oid);
    mkdirSync(dirname(object), { recursive: true });
    writeFileSync(object, "model");
    // A filter that is asked for the content says so.
    const asked = join(outer.folder, "asked");
    repository.git("config", "filter.lfs.smudge", `sh -c 'test -n "$GIT_LFS_SKIP_SMUDGE" || touch ${asked}; cat'`);
    repository.commit({
      ...files,
      "m.onnx": pointerOf("model"),
      "m.cache": pointerOf("elsewhere"),
      ".gitattributes": "*.onnx filter=lfs\n",
    });
    const found = await (await compared()).base?.filesOf(both());
    const folder = found?.kind === "there" ? found.folder : "";
    expect(readFileSync(join(folder, "m.onnx"), "utf8")).toBe("model");
    expect(readFileSync(join(folder, "m.cache"), "utf8")).toBe(pointerOf("elsewhere"));
    expect(() => readFileSync(asked)).toThrow("ENOENT");
  });
});
