/** Children that do not go when they are asked to, that hang, or that say more than anyone can keep: real shells and real signals. */
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { realClock } from "../../src/effects/clock.ts";
import type { Command } from "../../src/effects/effects.ts";
import { realExec } from "../../src/effects/exec.ts";
import { lockGpu } from "../../src/effects/gpu-lock.ts";
import { findStrays, killOrphans } from "../../src/effects/orphans.ts";
import { cleanUp, recordResource } from "../../src/github/post-state.ts";
import { askForGpu, findGpu } from "../../src/lanes/tensorrt/gpu.ts";
import { type RunEffects, runEffects } from "../fakes/run-effects.ts";
import { sh } from "../support/command.ts";
import { holdGpu } from "../support/hold-gpu.ts";

describe("a child", () => {
  const runId = randomUUID();
  const exec = realExec({ runId, cancelled: new AbortController().signal });
  afterEach(async () => {
    await killOrphans(runId);
  });

  it("child that ignores SIGTERM, with children of its own", async () => {
    const result = await exec.run(sh("trap '' TERM; sleep 61 & sleep 61", { timeoutMs: 300 }));
    expect(result.endedBy).toBe("timeout");
    expect(await findStrays(runId)).toEqual([]);
  });

  it("child that left its process group", async () => {
    const result = await exec.run(sh("setsid sleep 62 & sleep 0.5; exit 0"));
    expect(result).toMatchObject({ endedBy: "exit", exitCode: 0 });
    expect(await killOrphans(runId)).toBe(1);
    await expect.poll(() => findStrays(runId)).toEqual([]);
  });

  it("endless output, one huge line, bad UTF-8", async () => {
    const script = "seq 1 200000; head -c 10000000 /dev/zero | tr '\\0' x; printf '\\n\\377\\376\\n'";
    const result = await exec.run(sh(script, { maxStdoutBytes: 1000 }));
    expect(result.stdout).toHaveLength(1000);
    expect(result.tail).toHaveLength(200);
    expect(Math.max(...result.tail.map((line) => line.length))).toBeLessThanOrEqual(4096);
    expect(result.tail.at(-1)).toBe("\ufffd\ufffd");
  });
});

describe("a machine", () => {
  let effects: RunEffects;
  beforeEach(async () => {
    effects = await runEffects();
  });
  afterEach(() => effects.end());

  it("child started an instant before a kill", async () => {
    const [root, state] = [join(effects.folder, "runner-temp"), join(effects.folder, "state")];
    await mkdir(root);
    await writeFile(state, "");
    const run = randomUUID();
    const env = { PATH: process.env.PATH, TRT_GATE_RUN: run };
    // Recorded or not, and also the one that left its group.
    const child = spawn("sh", ["-c", "setsid sleep 60 & sleep 61 & wait"], { detached: true, stdio: "ignore", env });
    const gone = new Promise<string | null>((resolve) => child.once("exit", (_, signal) => resolve(signal)));
    await expect.poll(() => findStrays(run)).toHaveLength(3);
    recordResource(state, root).run(run);
    const journal = (await readFile(state, "utf8")).trim().split("=")[1] ?? "";
    // How many are still there to be ended is a race of the kernel's; that none is left is not.
    expect(await cleanUp(journal, root)).toEqual([expect.stringMatching(/^[1-3] process(es)? of the run$/)]);
    expect(await gone).toBe("SIGKILL");
    await expect.poll(() => findStrays(run)).toEqual([]);
  });

  it("GPU lock of a killed run", async () => {
    const folder = join(effects.folder, "locks");
    const other = await holdGpu("GPU-1234", folder);
    await other.kill();
    const held = await lockGpu("GPU-1234", effects, { waitMs: 0, folder });
    expect(JSON.parse(readFileSync(join(folder, "trt-gate-GPU-1234.lock"), "utf8"))).toMatchObject({ pid: process.pid });
    expect(effects.lines).toEqual([
      expect.stringMatching(`^notice: A previous run on the GPU GPU-1234 ended early: its process ${other.pid}`),
    ]);
    await held.release();
    expect(readdirSync(folder)).toEqual([]);
  });

  it("nvidia-smi that hangs", async () => {
    const bin = join(effects.folder, "bin");
    await mkdir(bin);
    await writeFile(join(bin, "nvidia-smi"), "#!/bin/sh\nsleep 1000\n");
    await chmod(join(bin, "nvidia-smi"), 0o755);
    const { exec } = effects;
    // Its time limit is kept, but shorter.
    const hurried = { ...exec, run: (command: Command) => exec.run({ ...command, timeoutMs: Math.min(command.timeoutMs, 300) }) };
    const machine = { ...effects, env: { ...effects.env, PATH: `${bin}:/usr/bin:/bin` }, exec: hurried };
    expect(await askForGpu(machine)).toEqual({ why: "nvidia-smi did not answer within 10 s, so the GPU could not be read" });
    expect(await findGpu(machine)).toBeUndefined();
  });

  it("deadline beyond 24.8 days", async () => {
    const woken = new AbortController();
    const days = 86_400_000;
    // A timer of the platform can hold no more than 2^31 ms.
    const sleeps = [25, 28, 365, Number.POSITIVE_INFINITY].map((count) =>
      realClock.sleep(count * days, woken.signal).then(() => `woke after ${count} days`),
    );
    expect(await Promise.race([...sleeps, delay(100, "asleep")])).toBe("asleep");
    woken.abort(new Error("morning"));
    const ended = await Promise.allSettled(sleeps);
    expect(ended.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected", "rejected"]);
  });
});
