/** The real Python worker on the fake TensorRT (test/fixtures/fake-tensorrt/README.md): its answers, its failures, its deaths. */
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { z } from "zod";
import { pythonFile } from "../../src/effects/python-files.ts";
import { writeFeeds } from "../../src/lanes/tensorrt/feed-files.ts";
import { buildSchema, latencySchema, networkStateSchema, nothingSchema, runSchema } from "../../src/lanes/tensorrt/protocol.ts";
import { Worker } from "../../src/lanes/tensorrt/worker.ts";
import { type FakeMachine, fakeMachine } from "../fakes/fake-tensorrt.ts";
import { describeWithPython } from "../support/needs.ts";

let machine: FakeMachine;
let worker: Worker;
afterEach(async () => {
  await worker.close();
  await machine.end();
});

/** A worker that has loaded the classifier as network `n`. */
async function started(variables: Readonly<Record<string, string>> = {}) {
  machine = await fakeMachine(variables);
  worker = new Worker(machine.effects, machine.python);
  const job = await machine.job();
  const at = (name: string) => join(machine.run.folder, name);
  const ask = <T>(op: string, body: Readonly<Record<string, unknown>>, reads: z.ZodType<T>, timeoutMs = 60_000) =>
    worker.request({ op, body, reads, timeoutMs, doing: `Asking for ${op}` });
  const load = () =>
    ask(
      "load",
      { network: "n", model: job.modelPath, typed: false, shapes: Object.fromEntries(job.shapes), plugins: [], describe: at("n.json") },
      nothingSchema,
    );
  const build = (more: Readonly<Record<string, unknown>> = {}, timeoutMs = 60_000) =>
    ask("build", { network: "n", engine: "e", fp16: true, int8: false, marks: [], ...more }, buildSchema, timeoutMs);
  return { ask, load, build, at, job };
}

const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}`);

describeWithPython("the worker", () => {
  it("says versions, features and memory of what it found", async () => {
    await started();
    expect(await worker.hello()).toMatchObject({
      tensorrt: "8.6.1",
      polygraphy: "0.53.6",
      features: { int8Flag: true, layerPrecision: true, stronglyTyped: false },
      memory: { totalBytes: 2 ** 34 },
    });
    expect(worker.generation()).toBe(1);
  });

  it("builds, runs and gives the engine's memory back", async () => {
    const { ask, load, build, at } = await started();
    await load();
    expect(await build()).toMatchObject({ missingScales: [], calibrationBatches: 0, degraded: [] });
    const feeds = await writeFeeds(await machine.feeds("validation", 1), 1, at("in"), machine.effects.files);
    const ran = await ask("run", { engine: "e", feeds, folder: at("out"), first: 3 }, runSchema);
    expect(ran.names).toEqual(["softmax_0.tmp_0"]);
    expect((await readFile(at("out/3-0.npy"))).length).toBe(128 + 2 * 4);
    const memory = z.object({ memory: z.object({ freeBytes: z.number(), totalBytes: z.number() }) });
    const after = await ask("release", { engine: "e" }, memory);
    expect(after.memory.freeBytes).toBe(after.memory.totalBytes);
  });

  it("times plans in turns and gives their memory back", async () => {
    const { ask, load, build, at } = await started();
    await load();
    for (const plan of ["a", "b"]) await build({ engine: plan, plan: at(plan) });
    const [feed] = await writeFeeds(await machine.feeds("validation", 1), 1, at("in"), machine.effects.files);
    const wanted = { plans: [at("a"), at("b")], feed, warmUpMs: 1, leastMs: 1, leastRounds: 3, mostSeconds: 60 };
    expect(await ask("latency", wanted, latencySchema)).toMatchObject({
      launches: [1, 1],
      rounds: [
        [540, 540],
        [540, 540],
        [540, 540],
      ],
    });
    const memory = z.object({ memory: z.object({ freeBytes: z.number(), totalBytes: z.number() }) });
    const after = await ask("release", { engine: "a" }, memory);
    expect(after.memory.freeBytes).toBe(after.memory.totalBytes);
  });

  it("lets go of a network that nobody needs any more", async () => {
    const { ask, load } = await started();
    await load();
    const state = () => ask("state", { network: "n" }, networkStateSchema);
    expect((await state()).outputs).toEqual(["softmax_0.tmp_0"]);
    await ask("unload", { network: "n" }, nothingSchema);
    await expect(state()).rejects.toMatchObject({ reason: "worker-failed" });
  });

  it("says which plan it cannot open, and times none", async () => {
    const { ask, at } = await started();
    await writeFile(at("none"), "no plan");
    await expect(
      ask("latency", { plans: [at("none")], feed: {}, warmUpMs: 1, leastMs: 1, leastRounds: 3, mostSeconds: 60 }, latencySchema),
    ).rejects.toMatchObject({ reason: "engine-mismatch" });
  });

  it("answers an operation that it does not know with a failure, and lives on", async () => {
    const { ask } = await started();
    await expect(ask("melt", {}, nothingSchema)).rejects.toMatchObject({
      reason: "worker-failed",
      message: expect.stringContaining("unknown operation 'melt'"),
    });
    expect((await worker.hello()).tensorrt).toBe("8.6.1");
    expect(worker.generation()).toBe(1);
  });

  it("never takes what a library prints for an answer", async () => {
    const { load, build } = await started({ FAKE_TRT_FAULT: "print-build" });
    await load();
    expect((await build()).sizeBytes).toBeGreaterThan(0);
    expect(worker.tail()).toEqual(expect.arrayContaining(["[trt] a library that prints", '{"id": 2, "ok": true, "result": {}}']));
  });

  it("is stopped at a request's deadline, and says which it was", async () => {
    const { load, build } = await started({ FAKE_TRT_FAULT: "hang-build" });
    await load();
    await expect(build({}, 1500)).rejects.toMatchObject({
      reason: "timeout",
      message: expect.stringMatching(/^Asking for build took longer than 2 s and was stopped\. Raise/),
    });
  });

  it("that is killed in a build is `tool-killed` with the signal; the next request starts a second one", async () => {
    const mark = join(await mkdtemp(join(tmpdir(), "killed-")), "once");
    const { load, build } = await started({ FAKE_TRT_FAULT: `kill-build-once:${mark}` });
    await load();
    await expect(build()).rejects.toMatchObject({ reason: "tool-killed", message: expect.stringContaining("killed by SIGKILL") });
    await load();
    expect(worker.generation()).toBe(2);
    expect((await build()).seconds).toBeGreaterThan(0);
    await rm(dirname(mark), { recursive: true });
  });

  it("is not started a third time", async () => {
    const { load, build } = await started({ FAKE_TRT_FAULT: "kill-build" });
    for (let i = 0; i < 2; i++) {
      await load();
      await expect(build()).rejects.toMatchObject({ reason: "tool-killed" });
    }
    await expect(load()).rejects.toMatchObject({ reason: "worker-failed", message: expect.stringContaining("died twice") });
    expect(worker.generation()).toBe(2);
  });

  it("that crashes is `worker-failed` with its exit code and last lines", async () => {
    const { load, build } = await started({ FAKE_TRT_FAULT: "exit-build" });
    await load();
    await expect(build()).rejects.toMatchObject({
      reason: "worker-failed",
      message: expect.stringContaining("code 3"),
      tail: expect.arrayContaining([expect.stringContaining("terminate called")]),
    });
  });

  it("that cannot be started is `lane-unavailable` with the input to set", async () => {
    machine = await fakeMachine();
    worker = new Worker(machine.effects, join(machine.run.folder, "no-python"));
    await expect(worker.hello()).rejects.toMatchObject({ reason: "lane-unavailable", message: expect.stringContaining("'python'") });
  });

  it("refuses a TensorRT that is older than what it runs engines with, in words that say the floor", async () => {
    await started({ FAKE_TRT_VERSION: "8.4.3" });
    await expect(worker.hello()).rejects.toMatchObject({
      reason: "lane-unavailable",
      message: expect.stringMatching(
        /TensorRT 8\.4\.3 cannot run an engine by tensor names, which came with 8\.5\. Install TensorRT 8\.5 or newer/,
      ),
    });
  });

  it("names a module that Python does not have", async () => {
    machine = await fakeMachine();
    const bare = join(machine.run.folder, "bin", "bare");
    // Isolated and without site-packages: only the standard library is left.
    await writeFile(bare, `#!/bin/sh\nexec python3 -I -S "$@"\n`, { mode: 0o755 });
    worker = new Worker(machine.effects, bare);
    await expect(worker.hello()).rejects.toMatchObject({
      reason: "lane-unavailable",
      message: expect.stringMatching(/no module numpy and no module tensorrt and no module polygraphy/),
    });
  });

  it("says the first line of a build that TensorRT refused", async () => {
    const { load, build } = await started({ FAKE_TRT_FAULT: "no-kernel:p2o.Conv.1" });
    await load();
    const network: { layers: { name: string }[] } = JSON.parse(await readFile(join(machine.run.folder, "n.json"), "utf8"));
    const index = network.layers.findIndex(({ name }) => name === "p2o.Conv.1");
    await expect(build({ int8: true, keep: { precision: "float16", layers: [[index, [0]]] } })).rejects.toMatchObject({
      reason: "build-failed",
      message: expect.stringContaining("Could not find any implementation for node p2o.Conv.1"),
    });
  });

  it("says that the GPU's memory is exhausted, with the setting that helps", async () => {
    const { load, build } = await started({ FAKE_TRT_FAULT: "oom-over:0" });
    await load();
    await expect(build({ marks: ["batch_norm_0.tmp_3"] })).rejects.toMatchObject({
      reason: "gpu-oom",
      message: expect.stringContaining("tensorrt.mark-batch"),
    });
    expect((await build()).seconds).toBeGreaterThan(0);
  });

  it("refuses a model that it cannot parse by the node's name, and one with a tensor that it does not have", async () => {
    const { ask, load, build, at } = await started();
    await writeFile(at("broken.onnx"), "no model");
    await expect(
      ask("load", { network: "b", model: at("broken.onnx"), typed: false, shapes: {}, describe: at("b.json") }, nothingSchema),
    ).rejects.toMatchObject({ reason: "parse-failed" });
    await load();
    await expect(build({ marks: ["no such tensor"] })).rejects.toMatchObject({
      reason: "worker-failed",
      message: expect.stringContaining("no such tensor"),
    });
  });

  it("ends when its standard input ends, and leaves no process", async () => {
    await started();
    const child = await machine.effects.exec.start({
      file: machine.python,
      args: [await pythonFile("worker.py", machine.effects.files)],
      env: { PATH: machine.effects.env.PATH ?? "" },
      timeoutMs: 60_000,
    });
    await child.writeLine(JSON.stringify({ id: 1, op: "hello" }));
    const first = await child.lines[Symbol.asyncIterator]().next();
    expect(String(first.value)).toContain('"tensorrt": "8.6.1"');
    expect(isAlive(child.pid)).toBe(true);
    await child.stop();
    expect(isAlive(child.pid)).toBe(false);
  });
});
