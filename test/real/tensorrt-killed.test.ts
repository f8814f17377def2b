/** A gate that is killed outright takes its worker along, and with it the GPU's memory: the worker may be in a build that never ends. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterEach, expect, it } from "vitest";
import { type FakeMachine, fakeMachine } from "../fakes/fake-tensorrt.ts";
import { classifier } from "../fakes/simulate-job.ts";
import { describeWithPython } from "../support/needs.ts";

let machine: FakeMachine;
afterEach(() => machine.end());

/** Processes that were started with this machine's variables, shells apart. */
async function workers(): Promise<number[]> {
  const found: number[] = [];
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const [environ, command] = await Promise.all(
      ["environ", "cmdline"].map((file) => readFile(`/proc/${pid}/${file}`, "utf8").catch(() => "")),
    );
    if (environ?.includes(`${machine.run.folder}/builds.jsonl`) && command?.includes("worker.py") && !command.startsWith("/bin/sh"))
      found.push(Number(pid));
  }
  return found;
}

async function killedInBuild(wrapped: boolean): Promise<{ readonly before: number; readonly after: number }> {
  machine = await fakeMachine({ FAKE_TRT_FAULT: "hang-build" });
  let { python } = machine;
  if (wrapped) {
    python = join(machine.run.folder, "bin/wrapper");
    await writeFile(python, `#!/bin/sh\n'${machine.python}' "$@"\nexit $?\n`);
    await chmod(python, 0o755);
  }
  const gate = spawn(process.execPath, [join(import.meta.dirname, "../support/hold-worker.ts"), python, classifier, machine.run.folder], {
    env: { ...process.env, ...machine.effects.env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(gate.stdout, "data");
  await delay(500);
  const before = (await workers()).length;
  gate.kill("SIGKILL");
  await once(gate, "exit");
  for (let waited = 0; waited < 40 && (await workers()).length > 0; waited++) await delay(100);
  return { before, after: (await workers()).length };
}

describeWithPython("a worker whose gate is killed outright in a build", () => {
  it.each([
    ["its interpreter", false],
    ["a wrapper of it that waits", true],
  ])("is gone too, started by %s", async (_, wrapped) => {
    expect(await killedInBuild(wrapped)).toEqual({ before: 1, after: 0 });
  });
});
