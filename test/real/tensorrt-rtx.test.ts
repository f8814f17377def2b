/** TensorRT for RTX as a lane: on the stand-in as far as a GPU goes, on NVIDIA's own wheels as far as one gets without. */
import { chmod, readFile, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { builderPython, oraclePython } from "../../scripts/python-env.ts";
import { doctorText } from "../../src/commands/doctor.ts";
import { timeEngines } from "../../src/evaluate/latency.ts";
import { prepareLane } from "../../src/lanes/prepare.ts";
import { inspectMachine } from "../../src/lanes/tensorrt/machine.ts";
import { buildSchema, networkSchema, nothingSchema } from "../../src/lanes/tensorrt/protocol.ts";
import { Worker } from "../../src/lanes/tensorrt/worker.ts";
import type { PreparedLane } from "../../src/model/lane.ts";
import { type FakeMachine, fakeMachine } from "../fakes/fake-tensorrt.ts";
import { pairsOf } from "../fakes/simulate-job.ts";
import { describeWithBuilder, describeWithPython } from "../support/needs.ts";

let machine: FakeMachine;
let open: PreparedLane | undefined;
afterEach(async () => {
  await open?.close();
  open = undefined;
  await machine.end();
});

const levelOne = { tensorrt: { optimizationLevel: 1 } };
async function prepared(wanted: "auto" | "implicit" | "explicit", fake: Readonly<Record<string, string>> = {}) {
  machine = await fakeMachine(fake, "tensorrt-rtx");
  const job = await machine.job();
  const lane = await prepareLane(wanted, { ...job, tensorrt: { ...job.tensorrt, ...levelOne.tensorrt, noTacticSources: false } });
  open = lane.prepared;
  return lane;
}

describeWithPython("TensorRT for RTX", () => {
  it("is a whole lane where it runs: explicit, strongly typed, measured, timed, with a runtime cache and no timing cache", async () => {
    const { prepared: lane, why } = await prepared("auto");
    expect([lane.lane, lane.coverage.variant, why]).toEqual([
      "explicit",
      "explicit, strongly typed",
      "TensorRT for RTX has no calibration and no INT8 flag: use a Q/DQ model and `lane: explicit`",
    ]);
    expect(lane.versions?.tensorrt).toBe("TensorRT for RTX 1.7.1.116");
    expect(await pairsOf(lane)).toHaveLength(2);
    const engine = await lane.build({ keep: new Set() });
    expect(engine.facts.int8).toMatchObject({ other: 0, unknown: 0 });
    // The stand-in refuses a build with a timing cache that holds something: the second build had none.
    expect(machine.built).toHaveLength(2);
    // hello's own engine, FP16, INT8; then both are timed, from the cache.
    expect(await machine.compiled()).toEqual([true, true, true]);
    expect((await timeEngines(lane, { plain: engine })).candidate?.ratio?.median).toBeLessThan(0.6);
    expect((await machine.compiled()).slice(3)).toEqual([false, false]);
  });

  it("has no implicit lane, and says so in its own name", async () => {
    await expect(prepared("implicit")).rejects.toMatchObject({
      reason: "lane-unavailable",
      message: expect.stringContaining("TensorRT for RTX has no calibration"),
    });
  });

  it("is no lane on a GPU that it does not support: `auto` simulates and says why, a lane asked for by name is unavailable", async () => {
    const words = "The engine needs a GPU of compute capability";
    const { prepared: lane, why } = await prepared("auto", { FAKE_TRT_FAULT: "not-here" });
    expect([lane.lane, why]).toEqual(["simulate", expect.stringContaining(words)]);
    await machine.end();
    await expect(prepared("explicit", { FAKE_TRT_FAULT: "not-here" })).rejects.toMatchObject({
      reason: "lane-unavailable",
      message: expect.stringMatching(/TensorRT for RTX 1\.7\.1\.116 builds here and runs no engine on this machine \(.*compute capability/),
    });
  });

  it.each([
    [{}, /lane explicit {2}works: TensorRT for RTX 1\.7\.1\.116: strongly typed networks/],
    [
      { FAKE_TRT_FAULT: "not-here" },
      /lane explicit {2}does not work: TensorRT for RTX 1\.7\.1\.116 runs no engine on this machine \(.*compute capability/,
    ],
  ])("is told by doctor: whole lane or builder check alone (%o)", async (fake, explicit) => {
    machine = await fakeMachine(fake, "tensorrt-rtx");
    const text = doctorText({
      machine: await inspectMachine(machine.effects, machine.python),
      config: undefined,
      node: "24",
      git: undefined,
    });
    expect(text).toMatch(explicit);
    expect(text).toMatch(/lane implicit {2}does not work: /);
    expect(text).toContain("builder check  works: TensorRT for RTX 1.7.1.116 builds without a GPU");
    expect(text).toMatch(/^TensorRT for RTX 1\.7\.1\.116$/m);
  });
});

describeWithBuilder("NVIDIA's own TensorRT for RTX, without a GPU", () => {
  it("is taken by the worker: it says which product it is, parses, describes and builds; loading is what needs the driver", async () => {
    machine = await fakeMachine();
    const python = join(machine.run.folder, "bin/rtx");
    const [packages] = [join(dirname(dirname(oraclePython())), "lib")];
    const find = `$(ls -d '${packages}'/python3*/site-packages)`;
    await writeFile(python, `#!/bin/sh\nexport PYTHONPATH="${find}"\nexec '${builderPython()}' "$@"\n`);
    await chmod(python, 0o755);
    const worker = new Worker(machine.effects, python);
    try {
      const hello = await worker.hello();
      expect(hello).toMatchObject({
        product: "TensorRT for RTX",
        tensorrt: "1.7.1.116",
        features: { runtimeCache: true, stronglyTyped: true, calibrators: [] },
      });
      expect(hello.notHere).toMatch(/cuda/i);
      const job = await machine.job();
      const at = (name: string) => join(machine.run.folder, name);
      const shapes = Object.fromEntries(job.shapes);
      const ask = { timeoutMs: 120_000, doing: "Asking" };
      const load = { network: "n", model: job.modelPath, typed: true, shapes, plugins: [], describe: at("n.json") };
      await worker.request({ ...ask, op: "load", body: load, reads: nothingSchema });
      const network = networkSchema.parse(JSON.parse(await readFile(at("n.json"), "utf8")));
      expect(network.layers.length).toBeGreaterThan(100);
      const build = { network: "n", engine: "e", marks: [], plan: at("e.plan"), runtimeCache: at("runtime.cache") };
      await expect(worker.request({ ...ask, op: "build", body: build, reads: buildSchema })).rejects.toMatchObject({
        reason: "lane-unavailable",
      });
      expect((await stat(at("e.plan"))).size).toBeGreaterThan(1e6);
    } finally {
      await worker.close();
    }
  });
});
