/**
 * A run that is ended by a signal at any of its stages, as its own log tells them: no process and no temporary file is left, what is written can be
 * read and claims nothing that was not finished, and the next run ends as if nothing had happened. Stages run side by side: each is mostly a wait.
 */
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { writeNpz } from "../../src/formats/write-npz.ts";
import type { Report } from "../../src/report/schema.ts";
import { type Ended, openWorkplace, processesOf, type Started, type Workplace } from "../dist/spawn.ts";
import { pullPayload } from "../fakes/event.ts";
import { fakePrograms } from "../fakes/fake-tensorrt.ts";
import { outlierData, outlierModel } from "../fakes/outlier-model.ts";
import { mergePullRequest } from "../fakes/repository.ts";
import { describeWithPython } from "../support/needs.ts";
import { type Bundle, freshBundle } from "./bundle.ts";

type Lane = "simulate" | "implicit";
const signals = ["SIGINT", "SIGTERM", "SIGKILL"] as const;
/** Of a run that regresses and is mended: a test compares them with what an undisturbed run says. */
const stages = {
  simulate: ["prepare", "compare", "task", "localise", "search", "latency", "baseline", "fix", "builder-check"],
  implicit: ["prepare", "compare", "task", "localise", "search", "latency", "fix", "builder-check"],
} as const;
/** What the runner allows between SIGINT and its own SIGKILL. */
const patienceMs = 7000;

let bundle: Bundle;
beforeAll(async () => {
  bundle = await freshBundle();
});
afterAll(() => bundle.remove());

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
  const { repository, github, folder, env } = place;
  writeFileSync(join(repository.folder, "m.onnx"), outlierModel());
  writeFileSync(join(repository.folder, "calibration.npz"), writeNpz([outlierData(8)]));
  writeFileSync(join(repository.folder, "validation.npz"), writeNpz([outlierData(24, 4, 4, 100)]));
  const base = repository.commit({ ".github/trt-gate.yml": config, "task.sh": taskOf(taskSeconds) });
  repository.git("checkout", "-q", "-b", "topic");
  const headSha = repository.commit({ "touched.txt": "x" });
  github.headSha = headSha;
  place.event("pull_request", pullPayload({ headSha, baseSha: base }), mergePullRequest(repository, headSha, base));
  mkdirSync(join(folder, "locks"));
  if (lane === "simulate") return place;
  const bin = await fakePrograms(join(folder, "bin"), { FAKE_TRT_NOISE: "0" });
  Object.assign(env, { PATH: `${bin}:${process.env.PATH}`, XDG_RUNTIME_DIR: join(folder, "locks") });
  return place;
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

const begin = (place: Workplace, lane: Lane): Started => {
  // Each run uploads anew, as each attempt of a job does.
  place.github.artifacts.clear();
  return place.action({ lane, python: join(place.folder, "bin/python"), "artifact-name": "" });
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
    expect([...new Set(said)]).toEqual(stages[lane]);
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
  };

  it.concurrent.each(stages[lane])("in %s", async (stage) => {
    await inPlace(lane, stage === "task" ? 1 : 0, async (place) => {
      for (const signal of signals) await interruptedIn(place, stage, signal);
      const next = await wholeRun(place, lane);
      expect(next.ended.exitCode, next.ended.log).toBe(1);
      expect(next.figures).toEqual(undisturbed.figures);
      expect(next.left).toEqual(undisturbed.left);
      expect(undisturbed.comment.filter((line) => !next.comment.includes(line))).toEqual([]);
    });
  });
}

describe("SIGINT, SIGTERM and SIGKILL at each stage of a run in the simulate lane", () => everyStage("simulate"));
describeWithPython("SIGINT, SIGTERM and SIGKILL at each stage of a run in a TensorRT lane", () => everyStage("implicit"));

/** A stage of which no progress line tells: the call under way does. */
const hanging = { "the list of comments": /GET .*issues\/7\/comments/, "a comment": /POST .*comments/ };

describe("SIGINT, SIGTERM and SIGKILL while the result is told", () => {
  it.concurrent.each(Object.entries(hanging))("in the call for %s", async (_, on) => {
    await inPlace("simulate", 0, async (place) => {
      const undisturbed = await wholeRun(place, "simulate");
      place.github.comments.length = 0;
      for (const signal of signals) {
        place.github.rules.push({ on, fault: "hang" });
        place.github.calls.length = 0;
        const run = begin(place, "simulate");
        await vi.waitUntil(() => place.github.calls.some((call) => on.test(call)), { timeout: 60_000 });
        const ended = await interrupt(place, run, signal);
        expect(ended.report).toMatchObject({ complete: true, verdict: "regression" });
        expect(ended.exitCode, ended.log).toBe(signal === "SIGKILL" ? null : 1);
        expect(place.github.comments).toEqual([]);
      }
      place.github.rules.length = 0;
      const next = await wholeRun(place, "simulate");
      expect(next.figures).toEqual(undisturbed.figures);
      expect(undisturbed.comment.filter((line) => !next.comment.includes(line))).toEqual([]);
    });
  });
});
