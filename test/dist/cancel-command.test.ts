/** The command on a terminal or in another CI: it says where it is and since when, and Ctrl-C leaves nothing behind, without any `post` step. */
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { configOf, writeModels } from "./models.ts";
import { openWorkplace, processesOf, type Workplace } from "./spawn.ts";

let place: Workplace;
let temp: string;
beforeEach(async () => {
  place = await openWorkplace();
  temp = join(place.folder, "temp");
  mkdirSync(temp);
  writeModels(place.repository, ["a", "b"]);
});
afterEach(async () => await place.end());

const tracking = () => place.env.RUNNER_TRACKING_ID ?? "";
/** Outside a runner: temporary files go where TMPDIR says. */
const check = () =>
  place.command(["check", "--lane", "simulate", "--search", "off", "--changed-only", "false"], {
    TMPDIR: temp,
    GITHUB_ACTIONS: "",
    RUNNER_TEMP: "",
  });

describe("the command", () => {
  it("tells each model's stages with the time since its start", async () => {
    place.repository.commit({ ".github/trt-gate.yml": configOf(["a", "b"]) });
    const { log } = await check().ended;
    const stages = [...log.matchAll(/^\[ *([0-9.]+) s\] (\w+): (\w+)/gm)].map(([, seconds, model, stage]) => ({
      seconds: Number(seconds),
      said: `${model} ${stage}`,
    }));
    expect(stages.map(({ said }) => said)).toEqual(expect.arrayContaining(["a prepare", "a compare", "b prepare", "b compare"]));
    expect(stages.map(({ seconds }) => seconds)).toEqual(stages.map(({ seconds }) => seconds).toSorted((a, b) => a - b));
    expect(readdirSync(temp)).toEqual([]);
  });

  it("ends within 7 s of Ctrl-C with exit 4, leaves no process and no temporary file, and says what it knew", async () => {
    const task = `    task: {command: [sh, slow.sh, "{outputs}"], metric: accuracy, max-drop: 1}\n`;
    place.repository.commit({
      ".github/trt-gate.yml": configOf(["a", "b"], 20, task),
      "slow.sh": 'trap "" TERM\nsleep 300 &\nwhile true; do sleep 1; done\n',
    });
    const run = check();
    await run.says("a: task");
    while (processesOf(tracking()).length < 3) await new Promise((resolve) => setTimeout(resolve, 50));
    expect(readdirSync(temp)).not.toEqual([]);
    const startMs = performance.now();
    run.child.kill("SIGINT");
    const ended = await run.ended;
    expect(performance.now() - startMs).toBeLessThan(7000);
    expect(ended.exitCode, ended.log).toBe(4);
    expect(processesOf(tracking())).toEqual([]);
    expect(readdirSync(temp)).toEqual([]);
    expect(ended.report).toMatchObject({ complete: false, models: [{ reason: "cancelled" }, { reason: "cancelled" }] });
  });
});
