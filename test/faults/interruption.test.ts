/**
 * A run that is ended by a signal at any of its stages, as its own log tells them: no process and no temporary file is left, what is written can be
 * read and claims nothing that was not finished, and the next run ends as if nothing had happened. Stages run side by side: each is mostly a wait.
 */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { writeNpz } from "../../src/formats/write-npz.ts";
import type { Report } from "../../src/report/schema.ts";
import { type Ended, openWorkplace, processesOf, type Started, type Workplace } from "../dist/spawn.ts";
import { pullPayload } from "../fakes/event.ts";
import { fakePrograms } from "../fakes/fake-tensorrt.ts";
import { outlierData, outlierModel } from "../fakes/outlier-model.ts";
import { makeRepository, mergePullRequest, type Repository, shallowClone } from "../fakes/repository.ts";
import { describeWithPython } from "../support/needs.ts";
import { useBundle } from "./bundle.ts";

type Lane = "simulate" | "implicit";
const signals = ["SIGINT", "SIGTERM", "SIGKILL"] as const;
/** Of a run that regresses and is mended: a test compares them with what an undisturbed run says. */
const stages = ["prepare", "compare", "task", "localise", "search", "latency", "baseline", "fix", "builder-check"] as const;
/** What the runner allows between SIGINT and its own SIGKILL. */
const patienceMs = 7000;

const bundle = useBundle();

const config = `version: 1
models:
  - name: m
    path: m.onnx
    quantization: {data: calibration.npz, algorithm: minmax, min-samples: 8}
    validation: {data: validation.npz}
    tolerance: {sqnr-db: {fail: 15}}
    tensorrt: {optimization-level: 0, tactic-sources: none}
    task: {command: [sh, task.sh, "{outputs}"], metric: accuracy, max-drop: 1}
    watch: [touched.txt]
`;
/** Ignores SIGTERM and leaves a grandchild, as stubborn tools do. */
const taskOf = (seconds: number): string =>
  `trap "" TERM; sleep 300 >/dev/null 2>&1 &\nchild=$!; sleep ${seconds}; kill -9 $child; echo '{"accuracy": 0.9}'\n`;

/** A pull request that touches a small model which INT8 breaks in one layer. `taskSeconds`: how long its task takes each time. */
async function open(lane: Lane, taskSeconds = 0): Promise<Workplace> {
  const place = await openWorkplace(() => bundle.folder);
  const { folder, env } = place;
  pull(place, place.repository, taskSeconds);
  mkdirSync(join(folder, "locks"));
  if (lane === "simulate") return place;
  const bin = await fakePrograms(join(folder, "bin"), { FAKE_TRT_NOISE: "0" });
  Object.assign(env, { PATH: `${bin}:${process.env.PATH}`, XDG_RUNTIME_DIR: join(folder, "locks") });
  return place;
}

/** The merge commit of the pull request, which lies in `repository`. */
function pull(place: Workplace, repository: Repository, taskSeconds: number): string {
  writeFileSync(join(repository.folder, "m.onnx"), outlierModel());
  writeFileSync(join(repository.folder, "calibration.npz"), writeNpz([outlierData(8)]));
  writeFileSync(join(repository.folder, "validation.npz"), writeNpz([outlierData(24, 4, 4, 100)]));
  const base = repository.commit({ ".github/trt-gate.yml": config, "task.sh": taskOf(taskSeconds) });
  repository.git("checkout", "-q", "-b", "topic");
  const headSha = repository.commit({ "touched.txt": "x" });
  place.github.headSha = headSha;
  const merge = mergePullRequest(repository, headSha, base);
  place.event("pull_request", pullPayload({ headSha, baseSha: base }), merge);
  return merge;
}

/** In such a pull request, which is gone afterwards. */
async function inPlace<T>(lane: Lane, taskSeconds: number, then: (place: Workplace) => Promise<T>): Promise<T> {
  const place = await open(lane, taskSeconds);
  try {
    return await then(place);
  } finally {
    await place.end();
  }
}

const begin = (place: Workplace, lane: Lane, artifact = ""): Started => {
  // Each run uploads anew, as each attempt of a job does.
  place.github.artifacts.clear();
  return place.action({ lane, python: join(place.folder, "bin/python"), "artifact-name": artifact });
};
const running = (place: Workplace) => processesOf(place.env.RUNNER_TRACKING_ID ?? "");

/** What another run must find again: nothing of times, places and notices. */
const figuresOf = (report: Report | undefined) =>
  report?.models.map(({ verdict, reason, outputs, search, fix, task: metric }) => ({
    verdict,
    reason,
    outputs,
    metric,
    keep: search?.keep,
    outcome: search?.outcome,
    fix: fix && { verified: fix.verified, files: fix.files.map(({ path }) => path) },
  }));
/** Names alone: a draft, a lock or a half-written file would be one more. */
const filesIn = (folder: string): string[] => readdirSync(folder, { recursive: true, encoding: "utf8" }).toSorted();
const leftBehind = (place: Workplace) => ({
  report: filesIn(join(place.repository.folder, "trt-gate-report")),
  locks: filesIn(join(place.folder, "locks")),
  temporary: filesIn(place.runnerTemp),
  workTree: place.repository.git("status", "--porcelain"),
});
/** Of a probe that the next run finds in the journal, the curve tells units and margin, but neither time nor figure. */
const linesOf = (body = "") =>
  body
    .replace(/[0-9a-f]{7,}|\d+(\.\d+)?/g, "#")
    .replace(/^(\| # \|[^|]*\|[^|]*\|).*$/gm, "$1")
    .split("\n");

const wholeRun = async (place: Workplace, lane: Lane) => {
  const ended = await begin(place, lane).ended;
  await place.post(ended.state);
  expect(place.github.comments).toHaveLength(1);
  return { ended, figures: figuresOf(ended.report), left: leftBehind(place), comment: linesOf(place.github.comments[0]?.body) };
};

/** Ends the run by the signal, then does what the runner does behind it. */
async function interrupt(place: Workplace, run: Started, signal: NodeJS.Signals): Promise<Ended> {
  const startMs = performance.now();
  run.child.kill(signal);
  const ended = await run.ended;
  expect(performance.now() - startMs, ended.log).toBeLessThan(patienceMs);
  // One that is killed outright leaves its children to `post`.
  expect(signal === "SIGKILL" ? [] : running(place), `${signal}: ${ended.log}`).toEqual([]);
  await place.post(ended.state);
  await vi.waitUntil(() => running(place).length === 0, { timeout: patienceMs });
  expect(readdirSync(place.runnerTemp)).toEqual([]);
  return ended;
}

/** A report that was cut short is undecided as a whole, and says of a model only that it was not judged, or what an undisturbed run says of it. */
const claimsOf = ({ report }: Ended) => ({
  run: report?.complete === false ? { verdict: report.verdict, exitCode: report.exitCode } : undefined,
  models: report?.models.map(({ verdict, reason }) => `${verdict} ${reason}`),
});

function everyStage(lane: Lane): void {
  let undisturbed: Awaited<ReturnType<typeof wholeRun>>;
  beforeAll(async () => {
    undisturbed = await inPlace(lane, 0, (place) => wholeRun(place, lane));
  });

  it("the sound run has the stages of this table", () => {
    const said = [...undisturbed.ended.log.matchAll(/^\[ *[\d.]+ s\] m: ([\w-]+)$/gm)].map(([, stage]) => stage);
    expect([...new Set(said)]).toEqual(stages);
    expect(undisturbed.ended.exitCode, undisturbed.ended.log).toBe(1);
    expect(undisturbed.figures).toMatchObject([{ reason: "limit-exceeded", keep: [{ nodes: ["c2"] }] }]);
  });

  const interruptedIn = async (place: Workplace, stage: string, signal: (typeof signals)[number]) => {
    const run = begin(place, lane);
    await run.says(`m: ${stage}\n`);
    const ended = await interrupt(place, run, signal);
    const { run: whole, models } = claimsOf(ended);
    const open = signal === "SIGKILL" ? "undecided unfinished" : "undecided cancelled";
    expect([[open], ["regression limit-exceeded"]], `${signal}: ${ended.log}`).toContainEqual(models);
    expect([{ verdict: "undecided", exitCode: 4 }, undefined], ended.log).toContainEqual(whole);
    expect(ended.exitCode, ended.log).toBe(signal === "SIGKILL" ? null : (ended.report?.exitCode ?? 4));
    // Its child waits long enough for the signal to come in time.
    expect(stage === "task" ? models : [open]).toEqual([open]);
    return ended;
  };

  it.concurrent.each(stages)("in %s", async (stage) => {
    await inPlace(lane, stage === "task" ? 1 : 0, async (place) => {
      const all: Ended[] = [];
      for (const signal of signals) all.push(await interruptedIn(place, stage, signal));
      // In the last stages the run may be over before the signal comes.
      const told = all.at(-1)?.report?.complete === true ? "" : "The previous run ended early";
      const next = await wholeRun(place, lane);
      expect(next.ended.exitCode, next.ended.log).toBe(1);
      // The last signal was SIGKILL, of which nothing but the next run can tell.
      expect(next.ended.report?.notices.join()).toContain(told);
      expect(place.github.comments[0]?.body).toContain(told);
      expect(next.figures).toEqual(undisturbed.figures);
      expect(next.left).toEqual(undisturbed.left);
      expect(undisturbed.comment.filter((line) => !next.comment.includes(line))).toEqual([]);
    });
  });
}

describe("SIGINT, SIGTERM and SIGKILL at each stage of a run in the simulate lane", () => everyStage("simulate"));
describeWithPython("SIGINT, SIGTERM and SIGKILL at each stage of a run in a TensorRT lane", () => everyStage("implicit"));

/** git that ignores SIGTERM and never ends, from its first `diff` on. */
async function inGit(place: Workplace): Promise<Started> {
  const folder = join(place.folder, "slow-git");
  const seen = join(place.folder, "diff-started");
  mkdirSync(folder);
  const hang = `trap "" TERM; sleep 300 & : > '${seen}'; while :; do sleep 1; done`;
  const real = (process.env.PATH ?? "").split(":").find((entry) => existsSync(join(entry, "git")));
  const script = `#!/bin/sh\ncase "$*" in *--name-status*) ${hang};; esac\nexec '${real}/git' "$@"\n`;
  writeFileSync(join(folder, "git"), script, { mode: 0o755 });
  const run = place.action({ lane: "simulate" }, { PATH: `${folder}:${process.env.PATH}` });
  await vi.waitUntil(() => existsSync(seen), { timeout: 60_000 });
  return run;
}

/** The base is in no reach of git, so the API is asked, and does not answer. */
async function inFileList(place: Workplace): Promise<Started> {
  const origin = makeRepository(join(place.folder, "origin"));
  const far = join(place.folder, "far");
  const clone = shallowClone(origin, pull(place, origin, 0), 1, far);
  clone.git("remote", "set-url", "origin", "file:///nowhere/repository");
  place.github.rules.push({ on: /pulls\/7\/files/, fault: "hang" });
  const run = place.action({ lane: "simulate" }, { GITHUB_WORKSPACE: far });
  await vi.waitUntil(() => place.github.calls.some((call) => call.includes("pulls/7/files")), { timeout: 60_000 });
  return run;
}

describe("SIGINT, SIGTERM and SIGKILL while models are chosen", () => {
  const reach = { git: inGit, "the list of changed files": inFileList };
  it.concurrent.each(Object.entries(reach).flatMap(([stage, how]) => signals.map((signal) => ({ stage, how, signal }))))(
    "in $stage: $signal",
    async ({ how, signal }) => {
      await inPlace("simulate", 0, async (place) => {
        const ended = await interrupt(place, await how(place), signal);
        expect(ended.report ?? { complete: false, verdict: "undecided" }, ended.log).toMatchObject({
          complete: false,
          verdict: "undecided",
        });
        expect(ended.exitCode, ended.log).toBe(signal === "SIGKILL" ? null : 4);
        expect(place.github.comments).toEqual([]);
      });
    },
  );
});

/** A stage of which no progress line tells: the call under way does. */
const hanging = { "the artifact": /CreateArtifact/, "the list of comments": /GET .*issues\/7\/comments/, "a comment": /POST .*comments/ };

describe("SIGINT, SIGTERM and SIGKILL while the result is told", () => {
  it.concurrent.each(Object.entries(hanging))("in the call for %s", async (_, on) => {
    await inPlace("simulate", 0, async (place) => {
      const undisturbed = await wholeRun(place, "simulate");
      place.github.comments.length = 0;
      for (const signal of signals) {
        place.github.rules.push({ on, fault: "hang" });
        place.github.calls.length = 0;
        const run = begin(place, "simulate", "trt-gate");
        await vi.waitUntil(() => place.github.calls.some((call) => on.test(call)), { timeout: 60_000 });
        const ended = await interrupt(place, run, signal);
        expect(ended.report).toMatchObject({ complete: true, verdict: "regression" });
        expect(ended.exitCode, ended.log).toBe(signal === "SIGKILL" ? null : 1);
        const lost = /^::warning::The (report|comment) was not (uploaded|published)/m;
        expect(lost.test(ended.log), ended.log).toBe(signal !== "SIGKILL");
        expect(place.github.comments).toEqual([]);
      }
      place.github.rules.length = 0;
      const next = await wholeRun(place, "simulate");
      expect(next.figures).toEqual(undisturbed.figures);
      expect(undisturbed.comment.filter((line) => !next.comment.includes(line))).toEqual([]);
    });
  });
});

/** A shell script that stands in the way of a run on a terminal: its task, which ignores SIGTERM and leaves a grandchild. */
const endless = 'trap "" TERM\nsleep 300 &\nwhile true; do sleep 1; done\n';

it("Ctrl-C on a terminal", async () => {
  await inPlace("simulate", 0, async (place) => {
    const temp = join(place.folder, "temp");
    mkdirSync(temp);
    const two = `${config}${config.slice(config.indexOf("  - ")).replace("name: m", "name: n")}`;
    place.repository.write({ ".github/trt-gate.yml": two, "task.sh": endless });
    const outside = { TMPDIR: temp, GITHUB_ACTIONS: "", GITHUB_EVENT_NAME: "", GITHUB_EVENT_PATH: "", RUNNER_TEMP: "" };
    const run = place.command(["check", "--lane", "simulate", "--search", "off", "--changed-only", "false"], outside);
    await run.says("m: task");
    await vi.waitUntil(() => running(place).length >= 3, { timeout: 60_000 });
    expect(readdirSync(temp)).not.toEqual([]);
    const startMs = performance.now();
    run.child.kill("SIGINT");
    const ended = await run.ended;
    expect(performance.now() - startMs).toBeLessThan(patienceMs);
    expect(ended.exitCode, ended.log).toBe(4);
    expect(running(place)).toEqual([]);
    expect(readdirSync(temp)).toEqual([]);
    expect(ended.report).toMatchObject({ complete: false, models: [{ reason: "cancelled" }, { reason: "cancelled" }] });
  });
});

it("SIGINT at the very start", async () => {
  await inPlace("simulate", 0, async (place) => {
    const run = begin(place, "simulate");
    await vi.waitUntil(() => readdirSync(place.runnerTemp).length > 0, { timeout: 60_000, interval: 5 });
    const ended = await interrupt(place, run, "SIGINT");
    expect(ended.exitCode, ended.log).toBe(4);
  });
});

it("post of a step that never started", async () => {
  await inPlace("simulate", 0, async (place) => {
    const { exitCode, log } = await place.post({});
    expect({ exitCode, log }).toEqual({ exitCode: 0, log: "" });
  });
});
