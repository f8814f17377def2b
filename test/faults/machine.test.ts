/** Faults of a tool that a model needs, brought about by real children: a task command that dies, says nothing, or says too much. */
import { dirname } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { calibrateModel } from "../../src/lanes/simulate/calibrate-model.ts";
import { stageModel } from "../../src/onnx/stage.ts";
import { openFeeds } from "../../src/samples/feeds.ts";
import { config, soundConfig, type Workplace, workplace } from "./workplace.ts";

let place: Workplace;
beforeEach(async () => {
  place = await workplace();
});
afterEach(() => place.end());

/** Checks the sound model with a task that runs this shell script. */
async function withTask(script: string) {
  await place.put("task.sh", script);
  await place.put(config, `${soundConfig}    task: {command: [sh, task.sh, "{outputs}"], metric: accuracy, max-drop: 0.1}\n`);
  const { exitCode, report } = await place.check();
  return { exitCode, model: report?.models[0] };
}

describe("a task", () => {
  it("task killed by a signal", async () => {
    const { exitCode, model } = await withTask("kill -9 $$\n");
    expect(model).toMatchObject({ verdict: "undecided", reason: "task-failed", message: expect.stringContaining("SIGKILL") });
    expect(exitCode).toBe(4);
  });

  it("task that prints no metric", async () => {
    const { exitCode, model } = await withTask(`echo '{"precision": 1}'\n`);
    expect(model).toMatchObject({ verdict: "undecided", reason: "task-failed", message: expect.stringContaining('{"accuracy": number}') });
    expect(exitCode).toBe(4);
  });

  it("task that prints 100 MB", async () => {
    const { exitCode, model } = await withTask(`head -c 100000000 /dev/zero | tr '\\0' x >&2; echo '{"accuracy": 0.9}'\n`);
    expect(model).toMatchObject({ verdict: "pass", task: { reference: 0.9, candidate: 0.9 } });
    expect(exitCode).toBe(0);
  });
});

it("deadline in the simulate lane", async () => {
  // The clock runs so fast that the hour of the limit is over at once.
  const { clock } = place.effects;
  Object.assign(place.effects, { clock: { ...clock, monotonicMs: () => performance.now() * 1e6 } });
  const { exitCode, report } = await place.check();
  expect(report?.models[0]).toMatchObject({ verdict: "undecided", reason: "timeout", message: expect.stringContaining("timeout-minutes") });
  expect(exitCode).toBe(4);
});

it("deadline in calibration", async () => {
  const { effects } = place;
  const folder = await effects.files.makeTempFolder("late");
  const staged = await stageModel({ path: place.at("models/m.onnx"), folder, files: effects.files, trust: "local" });
  const input = { name: "x", dtype: "float32", shape: [1, 8, 4, 4] } as const;
  const data = await openFeeds({ kind: "data", path: place.at("data/calibration.npz") }, [input], effects);
  let now = 0;
  const clock = { ...effects.clock, monotonicMs: () => now++ };
  const late = { modelPath: staged.modelPath, data, algorithm: "minmax", percentile: 99.999, shapes: new Map(), deadlineMs: 2 } as const;
  await expect(calibrateModel({ ...late, effects: { ...effects, clock } })).rejects.toMatchObject({
    reason: "timeout",
    message: expect.stringMatching(/after [1-3] of 8 samples\. Raise 'timeout-minutes'/),
  });
  expect(await effects.files.list(dirname(staged.modelPath))).toEqual(["model.onnx"]);
});
