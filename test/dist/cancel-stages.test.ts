/**
 * A run that is cancelled or killed at any stage: no process and, after `post`, no temporary file is left; a report that is there can be read
 * and claims nothing that was not finished; comments are whole. The stage is recognised by the progress line, or by the call under way.
 */
import { chmodSync, copyFileSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { pullPayload } from "../fakes/event.ts";
import { makeRepository, mergePullRequest, type Repository, shallowClone } from "../fakes/repository.ts";
import { classifier, recorded } from "../fakes/simulate-job.ts";
import { openWorkplace, processesOf, type Started, type Workplace } from "./spawn.ts";

let place: Workplace;
beforeEach(async () => {
  place = await openWorkplace();
});
afterEach(async () => await place.end());

/** The recorded classifier, which regresses, in a pull request that touches it. */
function pull(repository: Repository = place.repository): string {
  copyFileSync(classifier, join(repository.folder, "cls.onnx"));
  for (const name of ["cls.calibration.cache", "validation.npz"]) copyFileSync(join(recorded, name), join(repository.folder, name));
  const base = repository.commit({
    ".github/trt-gate.yml": `version: 1
models:
  - name: text-direction
    path: cls.onnx
    shapes: {x: [1, 3, 48, 192]}
    quantization: {cache: cls.calibration.cache}
    validation: {data: validation.npz}
    tolerance: {sqnr-db: {fail: 22}}
    watch: [touched.txt]
`,
  });
  repository.git("checkout", "-q", "-b", "topic");
  const headSha = repository.commit({ "touched.txt": "x" });
  const merge = mergePullRequest(repository, headSha, base);
  place.github.headSha = headSha;
  place.event("pull_request", pullPayload({ headSha, baseSha: base }), merge);
  return merge;
}

const begin = (env: Readonly<Record<string, string>> = {}): Started => place.action({ lane: "simulate" }, env);
const asked = async (call: RegExp): Promise<void> => {
  while (!place.github.calls.some((one) => call.test(one))) await new Promise((resolve) => setTimeout(resolve, 20));
};

interface Stage {
  readonly stage: string;
  /** Starts the run and settles where the stage is under way. */
  reach(): Promise<Started>;
}

const model = (stage: string): Stage => ({
  stage,
  reach: async () => {
    pull();
    const run = begin();
    await run.says(`text-direction: ${stage}`);
    return run;
  },
});

const call = (stage: string, on: RegExp): Stage => ({
  stage,
  reach: async () => {
    pull();
    place.github.rules.push({ on, fault: "hang" });
    const run = begin();
    await asked(on);
    return run;
  },
});

/** git that ignores SIGTERM and never ends, from its first `diff` on. */
const git: Stage = {
  stage: "git",
  reach: async () => {
    pull();
    const folder = join(place.folder, "slow-git");
    mkdirSync(folder);
    const seen = join(place.folder, "diff-started");
    const real = (process.env.PATH ?? "").split(":").find((entry) => entry !== "" && readdirOf(entry).includes("git"));
    writeFileSync(
      join(folder, "git"),
      `#!/bin/sh\ncase "$*" in *--name-status*) trap "" TERM; sleep 300 & : > '${seen}'; while :; do sleep 1; done;; esac\nexec '${real}/git' "$@"\n`,
    );
    chmodSync(join(folder, "git"), 0o755);
    const run = begin({ PATH: `${folder}:${process.env.PATH}` });
    while (!readdirSync(place.folder).includes("diff-started")) await new Promise((resolve) => setTimeout(resolve, 20));
    return run;
  },
};

/** The base is in no reach of git, so the API is asked, and does not answer. */
const listFiles: Stage = {
  stage: "list of changed files",
  reach: async () => {
    const origin = makeRepository(join(place.folder, "origin"));
    const clone = shallowClone(origin, pull(origin), 1, place.repository.folder);
    clone.git("remote", "set-url", "origin", "file:///nowhere/repository");
    place.github.rules.push({ on: /pulls\/7\/files/, fault: "hang" });
    const run = begin();
    await asked(/pulls\/7\/files/);
    return run;
  },
};

function readdirOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

const choosing = [git, listFiles];
const checking = ["prepare", "compare", "localise", "search", "fix"].map(model);
const telling = [
  call("artifact", /CreateArtifact/),
  call("list of comments", /GET .*issues\/7\/comments/),
  call("comment", /POST .*comments/),
];

const tracking = () => place.env.RUNNER_TRACKING_ID ?? "";
async function end(run: Started, signal: "SIGINT" | "SIGKILL") {
  const startMs = performance.now();
  run.child.kill(signal);
  const ended = await run.ended;
  const seconds = (performance.now() - startMs) / 1000;
  // A run that is killed outright leaves its children to `post`.
  const left = processesOf(tracking());
  expect(signal === "SIGINT" ? left : [], ended.log).toEqual([]);
  await place.post(ended.state);
  expect(readdirSync(place.runnerTemp)).toEqual([]);
  expect(seconds).toBeLessThan(7);
  while (processesOf(tracking()).length > 0) await new Promise((resolve) => setTimeout(resolve, 50));
  expect(place.github.comments).toEqual([]);
  return ended;
}

describe("cancelled", () => {
  it.each(choosing)("in $stage: 4, undecided, nothing published", async ({ reach }) => {
    const ended = await end(await reach(), "SIGINT");
    expect(ended.exitCode, ended.log).toBe(4);
    expect(ended.outputs.verdict).toBe("undecided");
    expect(ended.report ?? { complete: false }).toMatchObject({ complete: false });
  });

  it.each(checking)("in $stage: 4, an incomplete report that says cancelled", async ({ reach }) => {
    const ended = await end(await reach(), "SIGINT");
    expect(ended.exitCode, ended.log).toBe(4);
    expect(ended.report, ended.log).toMatchObject({ complete: false, verdict: "undecided", reason: "cancelled", exitCode: 4 });
    expect(ended.outputs.verdict).toBe("undecided");
    expect(place.github.calls).toEqual([]);
  });

  it.each(telling)("in $stage: the finished verdict stands, with a warning of what was not published", async ({ reach }) => {
    const ended = await end(await reach(), "SIGINT");
    expect(ended.exitCode, ended.log).toBe(1);
    expect(ended.report).toMatchObject({ complete: true, verdict: "regression" });
    expect(ended.log).toMatch(/^::warning::The (report|comment) was not (uploaded|published)/m);
  });
});

describe("killed outright", () => {
  it.each(choosing)("in $stage: no report", async ({ reach }) => {
    expect((await end(await reach(), "SIGKILL")).report).toBeUndefined();
  });

  it.each(checking)("in $stage: a report in which every model is undecided, and the next run says so and comments", async ({ reach }) => {
    const ended = await end(await reach(), "SIGKILL");
    expect(ended.report, ended.log).toMatchObject({
      complete: false,
      verdict: "undecided",
      exitCode: 4,
      models: [{ name: "text-direction", verdict: "undecided", reason: "unfinished" }],
    });
    const next = await place.action({ lane: "simulate", search: "off" }).ended;
    expect(next.exitCode, next.log).toBe(1);
    expect(next.report?.notices.join()).toContain("The previous run ended early");
    expect(next.report).toMatchObject({ complete: true, verdict: "regression" });
    expect(place.github.comments).toHaveLength(1);
    expect(place.github.comments[0]?.body).toContain("The previous run ended early");
  });

  it.each(telling)("in $stage: the finished report, and the next run comments once", async ({ reach }) => {
    const ended = await end(await reach(), "SIGKILL");
    expect(ended.report).toMatchObject({ complete: true, verdict: "regression" });
    place.github.rules.length = 0;
    const next = await place.action({ lane: "simulate", search: "off" }).ended;
    expect(next.exitCode, next.log).toBe(1);
    expect(place.github.comments).toHaveLength(1);
  });
});
