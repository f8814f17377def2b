/**
 * The release workflow: its `run` steps, read from the file, one after the other in scratch clones, with a `gh` that notes what it is asked for. Left out:
 * `bash .ci/run`, which is what runs this test, and the attestation, which is GitHub's own service; that the files it names are there is looked at.
 */
import { spawnSync } from "node:child_process";
import { appendFileSync, chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { globSync } from "tinyglobby";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { copyWorkingTree } from "../../scripts/working-tree.ts";
import { openRepository, type Repository } from "../fakes/repository.ts";
import { npmEnv } from "../support/node-versions.ts";
import { readWorkflow, runnerShell, type Step, stepEnv } from "../support/workflow.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { jobs } = readWorkflow(join(root, ".github/workflows/release.yml"));
const stepsOf = (job: string): readonly Step[] => jobs[job]?.steps ?? [];
const work = mkdtempSync(join(tmpdir(), "trt-gate-release-"));
const original = join(work, "original");
const [bin, calls, refs] = [join(work, "bin"), join(work, "gh.calls"), join(work, "gh.refs")];
/** What a maintainer's clone holds before each test, and what comes of it. */
let clone: Repository;

/** A reference that nobody made cannot be moved; all else succeeds. */
const ghScript = `#!/bin/bash
printf '%s\\n' "$*" >> "$GH_CALLS"
case "$*" in
  *"--method PATCH "*/git/refs/tags/*) grep -qxF "$(sed -E 's|.*/git/(refs/tags/[^ ]+).*|\\1|' <<< "$*")" "$GH_REFS" ;;
  *"--method POST "*) sed -E 's|.*ref=([^ ]+).*|\\1|' <<< "$*" >> "$GH_REFS" ;;
esac
`;

beforeAll(() => {
  mkdirSync(bin);
  writeFileSync(join(bin, "gh"), ghScript);
  chmodSync(join(bin, "gh"), 0o755);
  copyWorkingTree(original);
  const repository = openRepository(original);
  repository.git("init", "-q", "-b", "main");
  repository.commit({});
});
beforeEach(() => {
  clone = cloneOf("maintainer");
  symlinkSync(join(root, "node_modules"), join(clone.folder, "node_modules"));
  writeFileSync(join(clone.folder, ".git/info/exclude"), "node_modules\n");
  for (const file of [calls, refs]) writeFileSync(file, "");
});
afterEach(() => {
  for (const name of ["maintainer", "runner"]) rmSync(join(work, name), { recursive: true, force: true });
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

function cloneOf(name: string, from = original): Repository {
  openRepository(work).git("clone", "-q", from, join(work, name));
  return openRepository(join(work, name));
}

/** Commits version and changelog. `head`: behind `## ` of the changelog's first section. */
function name(version: string, head = `${version} (2026-12-01)`): string {
  const manifest = readFileSync(join(clone.folder, "package.json"), "utf8").replace(/"version": "[^"]+"/, `"version": "${version}"`);
  const changelog = readFileSync(join(clone.folder, "CHANGELOG.md"), "utf8").replace(/^## .+$/m, `## ${head}`);
  return clone.commit({ "package.json": manifest, "CHANGELOG.md": changelog });
}

/** The commands that CONTRIBUTING shows for it. */
const shown = /^## Releasing\n[\s\S]*?```console\n([\s\S]*?)```/m.exec(readFileSync(join(root, "CONTRIBUTING.md"), "utf8"))?.[1] ?? "";
const commands = [...shown.matchAll(/^ *\$ ([^#\n]+)/gm)].map(([, line = ""]) => line.trim());

function prepare(version: string): void {
  name("0.0.0", `${version} (2026-12-01)`);
  expect(commands).toEqual(["npm version 1.2.3 --no-git-tag-version", "npm run gen", "npm run build"]);
  for (const command of commands) {
    const [shell, ...words] = runnerShell;
    const env = npmEnv(`${dirname(process.execPath)}:${process.env.PATH}`);
    const ran = spawnSync(shell, [...words, command.replace("1.2.3", version)], {
      cwd: clone.folder,
      env,
      encoding: "utf8",
      timeout: 100_000,
    });
    expect(ran.status, `${command}\n${ran.stdout}${ran.stderr}`).toBe(0);
  }
  clone.commit({});
}

function build(): void {
  const ran = spawnSync(process.execPath, ["scripts/build.ts"], { cwd: clone.folder, encoding: "utf8", timeout: 60_000 });
  expect(ran.status, ran.stdout + ran.stderr).toBe(0);
  clone.commit({});
}

interface Ran {
  readonly status: number | null;
  readonly said: string;
  /** The step that failed. */
  readonly step: string | undefined;
}

/** A job's own steps in `repository`, until one fails. */
function runJob(job: string, version: string, { repository = clone, ref = "refs/heads/main" } = {}): Ran {
  const values = {
    "inputs.version": version,
    "github.event.repository.default_branch": "main",
    "github.token": "t0ken",
    "github.sha": repository.git("rev-parse", "HEAD"),
    "github.repository": "o/r",
  };
  let said = "";
  for (const step of stepsOf(job)) {
    if (step.run === undefined || step.run === "bash .ci/run") continue;
    const env = {
      PATH: `${bin}:${dirname(process.execPath)}:${process.env.PATH}`,
      HOME: work,
      RUNNER_TEMP: work,
      GITHUB_REF: ref,
      GH_CALLS: calls,
      GH_REFS: refs,
      ...stepEnv(step, values),
    };
    const [shell, ...words] = runnerShell;
    const ran = spawnSync(shell, [...words, step.run], { cwd: repository.folder, env, encoding: "utf8", timeout: 60_000 });
    said += ran.stdout + ran.stderr;
    if (ran.status !== 0) return { status: ran.status, said, step: step.name };
  }
  return { status: 0, said, step: undefined };
}

/** On a machine of its own, as the second job has it: what was committed and nothing that was installed. */
function publish(version: string): Repository {
  rmSync(join(work, "runner"), { recursive: true, force: true });
  const repository = cloneOf("runner", clone.folder);
  expect(runJob("publish", version, { repository })).toMatchObject({ status: 0 });
  return repository;
}

/** Builds the bundle several times. */
const slow = { timeout: 300_000 };

describe("a release", () => {
  it("goes through once version and date are there: packed, noted, tagged, and the major alias made and moved", slow, () => {
    prepare("3.0.0");
    expect(clone.git("show", "--name-only", "--format=", "HEAD").split("\n")).toEqual(
      expect.arrayContaining(["package.json", "package-lock.json", "README.md", "docs/workflows/pull-request.yml"]),
    );
    expect(runJob("check", "3.0.0")).toMatchObject({ status: 0 });
    const runner = publish("3.0.0");
    const sha = clone.git("rev-parse", "HEAD");
    expect(readFileSync(calls, "utf8").trim().split("\n")).toEqual([
      `release create v3.0.0 trt-accuracy-gate-3.0.0.tgz --repo o/r --target ${sha} --title v3.0.0 --notes-file ${work}/notes.md`,
      `api --method PATCH repos/o/r/git/refs/tags/v3 -f sha=${sha} -F force=true`,
      `api --method POST repos/o/r/git/refs -f ref=refs/tags/v3 -f sha=${sha}`,
    ]);
    const manifest = spawnSync("tar", ["-xOf", "trt-accuracy-gate-3.0.0.tgz", "package/package.json"], {
      cwd: runner.folder,
      encoding: "utf8",
    });
    expect(JSON.parse(manifest.stdout)).toMatchObject({ name: "trt-accuracy-gate", version: "3.0.0" });
    const attested = String(stepsOf("publish").find(({ uses = "" }) => uses.startsWith("actions/attest"))?.with?.["subject-path"]);
    const patterns = attested.trim().split("\n");
    expect(patterns.map((pattern) => [pattern, globSync(pattern, { cwd: runner.folder }).length > 0])).toEqual(
      patterns.map((one) => [one, true]),
    );

    const earlier = readFileSync(join(clone.folder, "CHANGELOG.md"), "utf8");
    clone.write({ "CHANGELOG.md": earlier.replace("# Changelog\n", "# Changelog\n\n## 3.0.1 (unreleased)\n\n### Fixed\n- One thing.\n") });
    name("3.0.1");
    build();
    writeFileSync(calls, "");
    expect(runJob("check", "3.0.1")).toMatchObject({ status: 0 });
    publish("3.0.1");
    expect(readFileSync(join(work, "notes.md"), "utf8").trim()).toBe("## 3.0.1 (2026-12-01)\n\n### Fixed\n- One thing.");
    expect(readFileSync(calls, "utf8")).toMatch(/PATCH repos\/o\/r\/git\/refs\/tags\/v3 [^\n]+\n$/);
  });

  it.each([
    ["unreleased in the changelog", "3.0.0 (unreleased)", `CHANGELOG.md calls 3.0.0 unreleased: write its date, as in '## 3.0.0 (TODAY)'.`],
    ["a section without a date", "3.0.0", `CHANGELOG.md has no section '## 3.0.0 (TODAY)'.`],
    ["another section", "3.0.1 (2026-12-01)", `CHANGELOG.md has no section '## 3.0.0 (TODAY)'.`],
  ])("is refused with one sentence: %s", (_, head, sentence) => {
    name("3.0.0", head);
    const ran = runJob("check", "3.0.0");
    expect(ran.status).toBe(1);
    expect(ran.said.replace(/\d{4}-\d\d-\d\d/, "TODAY")).toBe(`::error::${sentence}\n`);
  });

  it("is refused with one sentence for another version, what is no version, one that is released, and from another branch", () => {
    name("3.0.0");
    expect(runJob("check", "3.0.1").said).toBe("::error::package.json names 3.0.0: set it by npm version 3.0.1 --no-git-tag-version.\n");
    expect(runJob("check", "v3").said).toBe("::error::v3 is no version: write it as in 1.2.3.\n");
    expect(runJob("check", "3.0.0", { ref: "refs/heads/topic" }).said).toBe(
      "::error::Releases are made from main, not from refs/heads/topic.\n",
    );
    clone.git("tag", "v3.0.0");
    for (const job of ["check", "publish"])
      expect(runJob(job, "3.0.0").said).toMatch(/\n::error::v3\.0\.0 is released: tags never move\.\n$/);
  });

  it("is refused with one byte of difference in dist/, and with a file more", slow, () => {
    name("3.0.0");
    build();
    const built = clone.git("rev-parse", "HEAD");
    for (const change of [
      () => appendFileSync(join(clone.folder, "dist/cli.js"), "\n"),
      () => clone.write({ "dist/chunks/more.js": "" }),
    ]) {
      clone.git("reset", "-q", "--hard", built);
      change();
      clone.commit({});
      expect(runJob("check", "3.0.0")).toMatchObject({
        status: 1,
        step: "dist/ rebuilt in place, not a byte of difference and no file more",
        said: expect.stringMatching(/dist\/.*\n::error::dist\/ is not what the source builds: run npm run build and commit dist\/\.\n$/),
      });
    }
  });
});
