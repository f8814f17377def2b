import { randomUUID } from "node:crypto";
import { afterEach, describe, expect, it } from "vitest";
import { childEnv, pythonEnv } from "../../../src/effects/child-env.ts";
import type { Exec } from "../../../src/effects/effects.ts";
import { realExec } from "../../../src/effects/exec.ts";
import { findStrays, killOrphans } from "../../../src/effects/orphans.ts";
import { sh } from "../../support/command.ts";

describe("running a child", () => {
  const runId = randomUUID();
  const controller = new AbortController();
  const exec: Exec = realExec({ runId, cancelled: controller.signal });
  afterEach(async () => {
    await killOrphans(runId);
  });

  it("gives exit code, stdout and the tail of both streams", async () => {
    const result = await exec.run(sh("echo one; echo two >&2; exit 3"));
    expect(result).toMatchObject({ endedBy: "exit", exitCode: 3, stdout: "one\n" });
    expect([...result.tail].toSorted()).toEqual(["one", "two"]);
  });

  it("tells a signal from an exit code", async () => {
    expect(await exec.run(sh("kill -9 $$"))).toMatchObject({ endedBy: "signal", signal: "SIGKILL", exitCode: undefined });
  });

  it("names a program that does not exist", async () => {
    const result = await exec.run({ ...sh(""), file: "no-such-program" });
    expect(result.endedBy).toBe("spawn-error");
    expect(result.cause).toContain("ENOENT");
  });

  it("stops a child when the run is cancelled", async () => {
    const cancel = new AbortController();
    const running = realExec({ runId, cancelled: cancel.signal }).run(sh("sleep 63"));
    cancel.abort();
    expect((await running).endedBy).toBe("cancel");
    expect(await findStrays(runId)).toEqual([]);
  });

  it("speaks lines with a long-lived child", async () => {
    const child = await exec.start({ ...sh(""), file: "cat", args: [] });
    await child.writeLine('{"hello":1}');
    for await (const line of child.lines) {
      expect(line).toBe('{"hello":1}');
      break;
    }
    expect((await child.stop()).endedBy).toBe("signal");
  });
});

describe("a child's environment", () => {
  const outside = {
    PATH: "/bin",
    HOME: "/h",
    LC_ALL: "C",
    CUDA_VISIBLE_DEVICES: "0",
    RUNNER_TRACKING_ID: "t",
    GITHUB_TOKEN: "secret",
    INPUT_X: "secret",
    "INPUT_GITHUB-TOKEN": "secret",
    ACTIONS_RUNTIME_TOKEN: "secret",
    STATE_a: "secret",
    PYTHONPATH: "/evil",
    NODE_OPTIONS: "--require x",
    LD_PRELOAD: "x.so",
    POLYGRAPHY_AUTOINSTALL_DEPS: "1",
    AWS_SECRET_ACCESS_KEY: "secret",
  };

  it("is an allow-list: no token, input, interpreter switch or foreign secret gets through", () => {
    expect(childEnv(outside)).toEqual({ PATH: "/bin", HOME: "/h", LC_ALL: "C", CUDA_VISIBLE_DEVICES: "0", RUNNER_TRACKING_ID: "t" });
  });

  it("gives Python safe path and no user site", () => {
    expect(pythonEnv(outside)).toMatchObject({ PYTHONSAFEPATH: "1", PYTHONNOUSERSITE: "1" });
    expect(pythonEnv(outside)).not.toHaveProperty("PYTHONPATH");
  });
});
