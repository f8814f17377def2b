/** Loader scripts (`load_data()`) run by a real Python, and `trt-gate doctor` on machines that have everything and nothing. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { doctorText } from "../../src/commands/doctor.ts";
import { ConfigError } from "../../src/effects/failure.ts";
import { inspectMachine } from "../../src/lanes/tensorrt/machine.ts";
import type { ResolvedInput } from "../../src/onnx/inputs.ts";
import { loadSamples } from "../../src/samples/loader.ts";
import { type FakeMachine, fakeMachine } from "../fakes/fake-tensorrt.ts";
import { describeWithPython } from "../support/needs.ts";

let machine: FakeMachine;
afterEach(() => machine.end());

const inputs: readonly ResolvedInput[] = [{ name: "x", dtype: "float32", shape: [1, 4] }];

/** What a script of these lines gives; `name` is the function asked for. */
async function load(lines: readonly string[], name?: string, maxSamples?: number, leftMs = Number.POSITIVE_INFINITY) {
  machine = await fakeMachine();
  const script = join(machine.run.folder, "load.py");
  await writeFile(join(machine.run.folder, "neighbour.py"), "");
  await writeFile(script, `${lines.join("\n")}\n`);
  const path = name === undefined ? script : `${script}:${name}`;
  const limits = {
    inputs,
    deadlineMs: machine.effects.clock.monotonicMs() + leftMs,
    ...(maxSamples === undefined ? {} : { maxSamples }),
  };
  return loadSamples(path, machine.python, machine.effects, join(machine.run.folder, "loading"), limits);
}
const random = "numpy.random.RandomState(i).rand(1, 4).astype(numpy.float32)";
const five = ["import numpy", "def load_data():", "    for i in range(5):", `        yield {"x": ${random}}`];

describeWithPython("a loader script", () => {
  it("gives its samples, each as often as it is asked for", async () => {
    const source = await load(five);
    expect([source.count, source.description]).toEqual([5, "load.py (5 samples)"]);
    const [first, again, second] = [await source.feed(0), await source.feed(0), await source.feed(1)];
    expect(first.get("x")).toMatchObject({ dtype: "float32", shape: [1, 4] });
    expect(again.get("x")?.data).toEqual(first.get("x")?.data);
    expect(second.get("x")?.data).not.toEqual(first.get("x")?.data);
  });

  it("is asked for the function that the configuration names, and for no more samples than wanted", async () => {
    const source = await load([...five, "pictures = load_data", "def load_data(): raise ValueError"], "pictures", 2);
    expect(source.count).toBe(2);
  });

  it.each([200, -1])("is stopped at the run's deadline (%d ms away)", async (leftMs) => {
    const sleeps = ["import time", "def load_data():", "    time.sleep(600)"];
    await expect(load(sleeps, undefined, undefined, leftMs)).rejects.toMatchObject({
      reason: "timeout",
      message: expect.stringContaining("timeout-minutes"),
    });
  });

  it("may print what it likes", async () => {
    expect((await load(['print("[]")', ...five])).count).toBe(5);
  });

  it.each([
    ["raises", ["def load_data():", "    raise ValueError('no such folder: pictures')"], "no such folder: pictures"],
    ["raises half way", [...five, "        if i == 2: raise OSError('disk gone')"], "disk gone"],
    ["does not parse", ["def load_data(:"], "SyntaxError"],
    ["lacks the function", ["def load(): pass"], "load_data"],
    ["leaves with exit code 0", [...five, "        if i == 2: raise SystemExit(0)"], "exit code 0"],
    ["kills its process", ["import os", "def load_data():", "    os.kill(os.getpid(), 9)", "    yield"], "SIGKILL"],
    ["yields no dictionary", ["def load_data():", "    yield [1, 2]"], "not a dictionary"],
    ["yields objects", ["import numpy", "def load_data():", "    yield {'x': numpy.array([{}], dtype=object)}"], "holds objects"],
    ["imports what lies beside it", ["import neighbour", ...five], "No module named 'neighbour'"],
  ] as const)("that %s is `loader-failed` with the reason", async (_, lines, words) => {
    await expect(load(lines)).rejects.toMatchObject({ reason: "loader-failed", message: expect.stringContaining(words) });
  });

  it.each([
    ["yields nothing", ["def load_data():", "    return iter(())"], /yields no sample/],
    [
      "yields another shape",
      ["import numpy", "def load_data():", "    yield {'x': numpy.arange(6, dtype=numpy.float32).reshape(1, 6)}"],
      /\[1,\s?6\]|1x6/,
    ],
    [
      "yields another input",
      ["import numpy", "def load_data():", "    yield {'y': numpy.arange(4, dtype=numpy.float32).reshape(1, 4)}"],
      /'?x'?/,
    ],
  ] as const)("that %s is an error of the configuration", async (_, lines, words) => {
    const loading = load(lines);
    await expect(loading).rejects.toThrow(ConfigError);
    await expect(loading).rejects.toThrow(words);
  });
});

describeWithPython("trt-gate doctor", () => {
  it("says of a machine that has everything what is there and that all lanes work", async () => {
    machine = await fakeMachine();
    const found = await inspectMachine(machine.effects, machine.python);
    expect(found.lanes.map(({ lane, works }) => [lane, works])).toEqual([
      ["simulate", true],
      ["implicit", true],
      ["explicit", true],
    ]);
    expect(found.missing.filter(({ what }) => !what.includes("free disk"))).toEqual([]);
    const text = doctorText({ machine: found, config: undefined, node: "24", git: undefined });
    for (const words of ["Fake GPU 80GB, 81559 MiB", "555.42.02", "8.6.1", "0.53.6", "lane implicit  works"]) expect(text).toContain(words);
  });

  it("says which lane TensorRT 11 does not have, and what to use", async () => {
    machine = await fakeMachine({ FAKE_TRT_VERSION: "11.2.0" });
    const found = await inspectMachine(machine.effects, machine.python);
    expect(found.lanes.map(({ works }) => works)).toEqual([true, false, true]);
    expect(doctorText({ machine: found, config: undefined, node: "24", git: undefined })).toMatch(
      /lane implicit {2}does not work: .*lane: explicit/,
    );
  });

  it("says of a machine with nothing what is missing, with the command that installs it", async () => {
    machine = await fakeMachine({ FAKE_SMI: "broken" });
    const bare = join(machine.run.folder, "bin", "bare");
    await writeFile(bare, '#!/bin/sh\nexec python3 -I -S "$@"\n', { mode: 0o755 });
    const found = await inspectMachine(machine.effects, bare);
    expect(found.lanes.map(({ works }) => works)).toEqual([true, false, false]);
    const text = doctorText({ machine: found, config: undefined, node: "24", git: undefined });
    expect(text).toMatch(/GPU +none/);
    expect(text).toMatch(/Python +3\.\d+\.\d+ \(.*bare\)\nTensorRT +none\n/);
    expect(text).toContain("an NVIDIA driver");
    expect(text).toMatch(new RegExp(`${bare} -m pip install numpy tensorrt==[\\d.]+ polygraphy==0.53.6`));
    expect(text).toContain("Python packages numpy, tensorrt, polygraphy");
  });

  it("tells a TensorRT that is installed and does not load from none", async () => {
    machine = await fakeMachine({ FAKE_SMI: "broken" });
    const folder = join(machine.run.folder, "packages");
    await mkdir(join(folder, "tensorrt-9.8.7.dist-info"), { recursive: true });
    await writeFile(join(folder, "tensorrt-9.8.7.dist-info/METADATA"), "Metadata-Version: 2.1\nName: tensorrt\nVersion: 9.8.7\n");
    const half = join(machine.run.folder, "bin", "half");
    await writeFile(half, `#!/bin/sh\nPYTHONPATH=${folder} exec python3 "$@"\n`, { mode: 0o755 });
    const text = doctorText({ machine: await inspectMachine(machine.effects, half), config: undefined, node: "24", git: undefined });
    expect(text).toMatch(/TensorRT +9\.8\.7 is installed, and TensorRT does not load/);
  });

  it("names an interpreter that is not there", async () => {
    machine = await fakeMachine();
    const { missing } = await inspectMachine(machine.effects, join(machine.run.folder, "no-python"));
    expect(missing.map(({ what }) => what).join()).toContain("no-python");
  });
});
