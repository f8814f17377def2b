import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import type { Effects } from "../../../../src/effects/effects.ts";
import { askForGpu, deviceEnv, gpuState } from "../../../../src/lanes/tensorrt/gpu.ts";
import { type RunEffects, runEffects } from "../../../fakes/run-effects.ts";

let run: RunEffects;
afterEach(() => run.end());

/** A machine whose `nvidia-smi` is this shell script; without one it has none. Its time limit is kept, but shorter. */
async function machine(script: string | undefined, variables: Readonly<Record<string, string>> = {}): Promise<Effects> {
  run = await runEffects();
  const bin = join(run.folder, "bin");
  await mkdir(bin);
  if (script !== undefined) await writeFile(join(bin, "nvidia-smi"), `#!/bin/sh\n${script}\n`);
  if (script !== undefined) await chmod(join(bin, "nvidia-smi"), 0o755);
  const { exec } = run;
  return {
    ...run,
    env: { ...run.env, ...variables, PATH: script === undefined ? bin : `${bin}:/usr/bin:/bin` },
    exec: { ...exec, run: (command) => exec.run({ ...command, timeoutMs: Math.min(command.timeoutMs, 300) }) },
  };
}
const two = "echo 'GPU-a, First, 555, 81559, 3'; echo 'GPU-b, Second, 555, [N/A], [N/A]'";
const none = { why: "no NVIDIA GPU with a driver on this machine" };

describe("the GPU in use", () => {
  it.each([
    ["the first", {}, "GPU-a"],
    ["the one by number", { CUDA_VISIBLE_DEVICES: "1" }, "GPU-b"],
    ["the one by the start of its UUID", { CUDA_VISIBLE_DEVICES: "GPU-b,GPU-a" }, "GPU-b"],
  ])("is %s that CUDA sees", async (_, variables, uuid) => {
    expect(await askForGpu(await machine(two, variables))).toMatchObject({ gpu: { uuid } });
  });

  it("has the others that CUDA may use behind it, up to one that is not there", async () => {
    const uuids = async (variables: Readonly<Record<string, string>>) => {
      const answer = await askForGpu(await machine(two, variables));
      return "gpu" in answer ? [answer.gpu, ...answer.others].map(({ uuid }) => uuid) : answer.why;
    };
    expect(await uuids({})).toEqual(["GPU-a", "GPU-b"]);
    expect(await uuids({ CUDA_VISIBLE_DEVICES: "1, 0" })).toEqual(["GPU-b", "GPU-a"]);
    expect(await uuids({ CUDA_VISIBLE_DEVICES: "1,7,0" })).toEqual(["GPU-b"]);
  });

  it("is the slice of a GPU that CUDA_VISIBLE_DEVICES names", async () => {
    const list = [
      "GPU 0: First (UUID: GPU-a)",
      "  MIG 1g.10gb     Device  0: (UUID: MIG-11aa)",
      "GPU 1: Second (UUID: GPU-b)",
      "  MIG 2g.20gb     Device  0: (UUID: MIG-22bb)",
    ];
    const script = `case "$*" in -L) printf '%s\\n' ${list.map((line) => `'${line}'`).join(" ")} ;; *) ${two} ;; esac`;
    const effects = await machine(script, { CUDA_VISIBLE_DEVICES: "MIG-22bb" });
    const answer = await askForGpu(effects);
    expect(answer).toMatchObject({ gpu: { uuid: "MIG-22bb", name: "Second MIG 2g.20gb", driver: "555", totalMiB: undefined } });
    expect("gpu" in answer ? deviceEnv(answer.gpu) : {}).toEqual({ CUDA_DEVICE_ORDER: "PCI_BUS_ID", CUDA_VISIBLE_DEVICES: "MIG-22bb" });
    expect(await askForGpu({ ...effects, env: { ...effects.env, CUDA_VISIBLE_DEVICES: "MIG-33cc" } })).toEqual(none);
  });

  it("is a Jetson's, by the board's own files, where no driver tool knows it", async () => {
    const effects = await machine(undefined);
    const texts: Readonly<Record<string, string>> = {
      "/etc/nv_tegra_release": "# R36 (release), REVISION: 4.3, GCID: 38968081, BOARD: generic, EABI: aarch64\n",
      "/proc/device-tree/model": "NVIDIA Jetson Orin Nano Developer Kit\0",
    };
    const files = { ...effects.files, readText: async (path: string) => texts[path] ?? effects.files.readText(path) };
    const answer = await askForGpu({ ...effects, files });
    expect(answer).toMatchObject({ gpu: { name: "NVIDIA Jetson Orin Nano Developer Kit", driver: "L4T R36.4.3" } });
    expect("gpu" in answer ? deviceEnv(answer.gpu) : {}).toEqual({ CUDA_DEVICE_ORDER: "PCI_BUS_ID" });
  });

  it.each([
    ["the tool is not there", undefined, {}],
    ["the tool fails", "echo 'No devices were found'; exit 6", {}],
    ["the tool prints nonsense", "echo 'ERR!'", {}],
    ["CUDA sees none", two, { CUDA_VISIBLE_DEVICES: "-1" }],
    ["CUDA sees another", two, { CUDA_VISIBLE_DEVICES: "7" }],
  ])("is none where %s", async (_, script, variables) => {
    expect(await askForGpu(await machine(script, variables))).toEqual(none);
  });
});

describe("the state of a GPU", () => {
  const gpu = { uuid: "GPU-a", name: "First", driver: "555", totalMiB: undefined, usedMiB: undefined };
  const unknown = { smClockMHz: undefined, uncorrectedEcc: undefined, throttle: undefined };

  it("has clock, memory errors and what slows it down", async () => {
    const effects = await machine('case "$*" in *throttle*) echo 0x000000000000000C ;; *) echo "1980, 2" ;; esac');
    expect(await gpuState(gpu, effects)).toEqual({ smClockMHz: 1980, uncorrectedEcc: 2, throttle: "power cap, hardware slowdown" });
  });

  it("is unknown where the GPU does not say, and asked for once where the tool hangs", async () => {
    expect(await gpuState(gpu, await machine("echo '[N/A], [N/A]'"))).toEqual(unknown);
    await run.end();
    expect(await gpuState(gpu, await machine("sleep 1000"))).toEqual(unknown);
    expect(run.started).toHaveLength(1);
  });
});
