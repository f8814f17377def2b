/** A cancelled or killed run leaves no process, and after `post` no file; what it could say by then can be read. */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { configOf, writeModels } from "./models.ts";
import { openWorkplace, processesOf, type Started, type Workplace } from "./spawn.ts";

let place: Workplace;
beforeEach(async () => {
  place = await openWorkplace();
  writeModels(place.repository, ["a", "b"]);
  const task = `    task: {command: [sh, slow.sh, "{outputs}"], metric: accuracy, max-drop: 1}\n`;
  place.repository.commit({
    ".github/trt-gate.yml": configOf(["a", "b"], 20, task),
    // Ignores SIGTERM and leaves a grandchild, as stubborn tools do.
    "slow.sh": 'trap "" TERM\nsleep 300 &\necho started >&2\nwhile true; do sleep 1; done\n',
  });
});
afterEach(async () => await place.end());

const tracking = () => place.env.RUNNER_TRACKING_ID ?? "";
const begin = (): Started => place.action({ lane: "simulate", search: "off" });

/** Rejects where the run ends before. */
async function until(done: () => boolean, run?: Started): Promise<void> {
  let log: string | undefined;
  void run?.ended.then((ended) => {
    log = ended.log;
  });
  while (!done()) {
    if (log !== undefined) throw new Error(`the run ended too early:\n${log}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
const childRuns = () => processesOf(tracking()).length >= 3;

describe("cancelling", () => {
  it.each(["SIGINT", "SIGTERM"] as const)("by %s during a child: exit 4, a report of both models, no process left", async (signal) => {
    const run = begin();
    await until(childRuns, run);
    const startMs = performance.now();
    run.child.kill(signal);
    const ended = await run.ended;
    expect(performance.now() - startMs).toBeLessThan(7000);
    expect(ended.exitCode, ended.log).toBe(4);
    expect(processesOf(tracking())).toEqual([]);
    expect(ended.report).toMatchObject({
      verdict: "undecided",
      complete: false,
      models: [{ reason: "cancelled" }, { reason: "cancelled" }],
    });
    expect(place.github.comments).toEqual([]);
    await place.post(ended.state);
    expect(readdirSync(place.runnerTemp)).toEqual([]);
  });

  it("by SIGINT at the very start leaves nothing", async () => {
    const run = begin();
    await until(() => readdirSync(place.runnerTemp).length > 0, run);
    run.child.kill("SIGINT");
    const ended = await run.ended;
    expect(ended.exitCode, ended.log).toBe(4);
    expect(processesOf(tracking())).toEqual([]);
    await place.post(ended.state);
    expect(readdirSync(place.runnerTemp)).toEqual([]);
  });
});

describe("post", () => {
  it("ends the children and removes the folders of a run that was killed outright", async () => {
    const run = begin();
    await until(childRuns, run);
    run.child.kill("SIGKILL");
    const killed = await run.ended;
    expect(killed.signal).toBe("SIGKILL");
    expect(readdirSync(place.runnerTemp)).not.toEqual([]);
    const calls = place.github.calls.length;
    const ended = await place.post(killed.state);
    expect(ended.exitCode, ended.log).toBe(0);
    expect(readdirSync(place.runnerTemp)).toEqual([]);
    await until(() => processesOf(tracking()).length === 0);
    expect(place.github.calls).toHaveLength(calls);
    expect(existsSync(join(place.repository.folder, "models/a.onnx"))).toBe(true);
  });

  it("does nothing without a state", async () => {
    const ended = await place.post({});
    expect([ended.exitCode, ended.log]).toEqual([0, ""]);
  });
});
