/** The explicit lane, weakly and strongly typed, and the choice of a lane, on the fake TensorRT. */
import { writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { lockGpu } from "../../src/effects/gpu-lock.ts";
import { pythonFile } from "../../src/effects/python-files.ts";
import { type Prepared, prepareLane } from "../../src/lanes/prepare.ts";
import { loadRuntime } from "../../src/lanes/simulate/runtime.ts";
import { openSession } from "../../src/lanes/simulate/session.ts";
import type { TensorPair } from "../../src/model/engine.ts";
import type { EngineJob, QuantizationSource } from "../../src/model/job.ts";
import type { LaneName, PreparedLane } from "../../src/model/lane.ts";
import { plainCandidate } from "../../src/model/unit.ts";
import { floatTensor, intAttr, makeNode } from "../../src/onnx/model.ts";
import { toNetwork } from "../../src/onnx/network.ts";
import { readModel } from "../../src/onnx/read.ts";
import { openFeeds } from "../../src/samples/feeds.ts";
import { type FakeMachine, fakeMachine, recordedCache } from "../fakes/fake-tensorrt.ts";
import { modelBytes, node, weight } from "../fakes/onnx-models.ts";
import { qdqBytes } from "../fakes/qdq-models.ts";
import { allOf, classifier, pairsOf, recordedJob, sqnrDb, withLane } from "../fakes/simulate-job.ts";
import { describeWithPython } from "../support/needs.ts";

let machine: FakeMachine;
let open: PreparedLane | undefined;
afterEach(async () => {
  await open?.close();
  open = undefined;
  await machine.end();
});

interface Start {
  readonly fake?: Readonly<Record<string, string>>;
  readonly quantization?: Partial<QuantizationSource>;
  /** The model itself holds Q/DQ. */
  readonly ownQdq?: boolean;
  readonly change?: Partial<EngineJob>;
  readonly typing?: "weak" | "strong";
}
async function prepare(
  wanted: LaneName | "auto",
  { fake = {}, quantization = { cachePath: recordedCache, placement: "core" }, ownQdq = false, change, typing }: Start = {},
): Promise<Prepared> {
  machine = await fakeMachine(fake);
  const job = await machine.job(ownQdq ? {} : quantization, change);
  if (ownQdq) await writeFile(job.modelPath, await qdqBytes(classifier, recordedCache, "per-channel", machine.effects.files));
  const found = await prepareLane(wanted, typing === undefined ? job : { ...job, tensorrt: { ...job.tensorrt, typing } });
  open = found.prepared;
  return found;
}
/** Of the engine that was built last. */
const int8Layers = () => (machine.built.at(-1)?.executed ?? []).filter(({ precision }) => /int8/i.test(precision)).length;

describeWithPython.each([
  ["8.6.1", "explicit", ["--int8", "--fp16"]],
  ["10.15.1", "explicit, strongly typed", ["--strongly-typed"]],
  ["11.2.0", "explicit, strongly typed", ["--strongly-typed"]],
] as const)("the explicit lane on TensorRT %s", (version, variant, flags) => {
  it("builds plain, with kept units, and plain again: what the parser typed stays as it was", async () => {
    const { prepared: lane } = await prepare("explicit", { fake: { FAKE_TRT_VERSION: version } });
    const keep = new Set(lane.units.slice(1, 4).map(({ id }) => id));
    const plain = await pairsOf(lane);
    const all = int8Layers();
    const kept = await pairsOf(lane, { keep });
    expect(int8Layers()).toBe(all - 3);
    const again = await pairsOf(lane, { fresh: true });
    expect(int8Layers()).toBe(all);
    expect(all).toBe(54);
    expect(kept[0]?.candidate?.data).not.toEqual(plain[0]?.candidate?.data);
    expect(again[0]?.candidate?.data).toEqual(plain[0]?.candidate?.data);
    expect(lane.coverage).toMatchObject({ variant, quantizedUnits: 54, missingScales: [] });
    expect(machine.built.map(({ role }) => role)).toEqual(["reference", "candidate", "candidate", "candidate"]);
  });

  it("prints the commands that do the same, without flags that this typing does not have", async () => {
    const { prepared: lane } = await prepare("explicit", { fake: { FAKE_TRT_VERSION: version } });
    const convert = lane.reproduce({ keep: new Set() })[1] ?? "";
    expect(flags.filter((flag) => !convert.includes(flag))).toEqual([]);
    expect(convert.includes("--int8")).toBe(version === "8.6.1");
    expect(convert).not.toContain("--calibration-cache");
  });
});

describeWithPython("the explicit lane", () => {
  it("places Q/DQ of its own as ModelOpt does, unless it is told otherwise", async () => {
    const { prepared: lane } = await prepare("explicit", { quantization: { cachePath: recordedCache } });
    expect(lane.coverage).toMatchObject({ quantizedUnits: 49, totalUnits: 54, quantizedOthers: { Add: 25, Mul: 27 }, missingScales: [] });
    expect(lane.placement?.scheme).toBe("modelopt");
    const [engine] = await pairsOf(lane, { samples: [0] });
    expect(int8Layers()).toBe(49);
    const staged = await recordedJob();
    Object.assign(staged.job, { quantization: { ...staged.job.quantization, placement: "modelopt" } });
    const simulated = await withLane(staged, (one) => pairsOf(one, { samples: [0] }));
    const apart = (other: TensorPair | undefined) =>
      sqnrDb([{ ...(engine as TensorPair), reference: engine?.candidate, candidate: other?.candidate }]);
    expect(apart(simulated[0])).toBeGreaterThan(60);
    const core = await withLane(await recordedJob(), (one) => pairsOf(one, { samples: [0] }));
    expect(apart(core[0])).toBeLessThan(30);
  });

  it("counts units by their compute nodes, and takes no kept unit for one in INT8, where TensorRT moves Q/DQ over the layers between", async () => {
    const { prepared: lane } = await prepare("explicit", { fake: { FAKE_TRT_MOVE_QDQ: "1" } });
    const keep = new Set(lane.units.slice(1, 4).map(({ id }) => id));
    const { facts } = await lane.build({ keep });
    const eights = (facts.executed ?? []).filter(({ precision }) => precision === "INT8");
    expect(eights.length).toBeGreaterThan(51);
    expect([facts.int8, facts.ignored]).toEqual([{ int8: 51, other: 0, unknown: 0 }, undefined]);
  });

  it("keeps units in FP32 by layer precisions where typing is weak, and takes them back", async () => {
    const { prepared: lane } = await prepare("explicit", { change: { keepPrecision: "float32" } });
    const keep = new Set(lane.units.slice(0, 2).map(({ id }) => id));
    await pairsOf(lane, { keep, samples: [0] });
    await pairsOf(lane, { keep, samples: [0], fresh: true });
    await pairsOf(lane, { samples: [0] });
    expect(int8Layers()).toBe(54);
  });

  it.each([
    ["weak typing, by layer precisions", "8.6.1"],
    ["strong typing, between Casts", "10.15.1"],
    ["TensorRT 11, between Casts", "11.2.0"],
  ])("keeps units in FP32 that run in FP32: %s", async (_, version) => {
    const { prepared: lane } = await prepare("explicit", { fake: { FAKE_TRT_VERSION: version }, change: { keepPrecision: "float32" } });
    const kept = lane.units.slice(3, 5);
    const { facts } = await lane.build({ keep: new Set(kept.map(({ id }) => id)) });
    const precisions = (wanted: (node: string) => boolean) =>
      new Set((facts.executed ?? []).filter(({ nodes: [node = ""] }) => wanted(node)).map(({ precision }) => precision));
    const own = new Set(kept.map(({ nodes: [node = ""] }) => node));
    expect([...precisions((node) => own.has(node))]).toEqual(["FP32"]);
    expect(precisions((node) => node.includes("Conv") && !own.has(node))).toEqual(new Set(["INT8"]));
    expect(facts.ignored).toBeUndefined();
    const half = await lane.build({ keep: new Set() });
    expect(half.reference.executed?.some(({ precision }) => precision === "FP16")).toBe(true);
  });

  it("says so where the builder ran a unit in FP16 that was to be FP32: its fix is then not verified", async () => {
    const { prepared: lane } = await prepare("explicit", {
      fake: { FAKE_TRT_FAULT: "ignore-precision" },
      change: { keepPrecision: "float32" },
    });
    const kept = lane.units.slice(3, 4);
    const { facts } = await lane.build({ keep: new Set(kept.map(({ id }) => id)) });
    expect(facts.ignored).toEqual(kept.flatMap(({ nodes: [node = ""] }) => node));
  });

  it("builds without the INT8 flag where every unit is kept: without Q/DQ the flag asks for a calibrator", async () => {
    const { prepared: lane } = await prepare("explicit");
    await pairsOf(lane, { keep: new Set(lane.units.map(({ id }) => id)), samples: [0] });
    expect((await machine.builds()).map(({ flags }) => flags)).toEqual([["FP16"], ["FP16"]]);
  });

  it("takes the model's own Q/DQ, and its float reference is the model without them", async () => {
    const { prepared: lane, why } = await prepare("auto", { ownQdq: true });
    expect([lane.lane, why]).toEqual(["explicit", "the model holds Q/DQ nodes"]);
    const pairs = await pairsOf(lane, { samples: [0] });
    expect(pairs[0]?.candidate?.data).not.toEqual(pairs[0]?.reference?.data);
    expect(int8Layers()).toBe(54);
  });

  it("builds a given file as it stands where typing is strong: its outputs are those of the very file, bit for bit", async () => {
    const { prepared: lane } = await prepare("explicit", { fake: { FAKE_TRT_VERSION: "11.2.0" }, ownQdq: true });
    const [pair] = await pairsOf(lane, { samples: [0] });
    const job = await machine.job();
    await writeFile(job.modelPath, await qdqBytes(classifier, recordedCache, "per-channel", machine.effects.files));
    const session = await openSession(
      await loadRuntime(machine.effects),
      machine.effects,
      toNetwork(await readModel(job.modelPath, machine.effects.files)),
      "the file",
    );
    const outputs = await session.run(await job.validation.feed(0));
    await session.release();
    expect(pair?.candidate?.data).toEqual(outputs.get(lane.outputs[0] ?? "")?.data);
  });

  it("clamps a mask that FP16 cannot hold where the gate types the model: no output is lost", async () => {
    machine = await fakeMachine({ FAKE_TRT_VERSION: "10.15.1" });
    const shape = [1, 16];
    const feeds = await openFeeds({ kind: "random", seed: 1, samples: 2 }, [{ name: "x", dtype: "float32", shape }], machine.effects);
    const job = await machine.job(
      { cachePath: join(machine.run.folder, "masked.cache"), placement: "core" },
      { validation: feeds, shapes: new Map([["x", { min: shape, opt: shape, max: shape }]]) },
    );
    await writeFile(job.quantization.cachePath ?? "", "TRT-101501-MinMaxCalibration\nx: 3c010a14\n");
    // As exporters write the mask of an attention: the least float.
    const mask = floatTensor("mask", [16], new Float32Array(16).fill(-3.4028234663852886e38));
    // Small products: FP16 rounds their sum with the largest half back to it.
    const small = floatTensor(
      "w",
      [16, 16],
      Float32Array.from({ length: 256 }, (_, i) => Math.sin(i) / 100),
    );
    const nodes = [node("MatMul", ["x", "w"], ["a"]), node("Add", ["a", "mask"], ["b"]), node("Softmax", ["b"], ["y"])];
    await writeFile(job.modelPath, modelBytes({ inputs: { x: shape }, outputs: ["y"], weights: [small, mask], nodes }));
    open = (await prepareLane("explicit", job)).prepared;
    const [pair] = await pairsOf(open, { samples: [0] });
    for (const side of [pair?.reference, pair?.candidate])
      expect(Array.from(side?.data as Float32Array, (value) => Math.abs(value - 1 / 16) < 1e-3)).toEqual(Array(16).fill(true));
  });

  it("tells the parts of a joined output with an open batch, whose dimensions TensorRT writes as -1", async () => {
    machine = await fakeMachine();
    const shape = [2, 3, 8, 8];
    const feeds = await openFeeds({ kind: "random", seed: 1, samples: 2 }, [{ name: "x", dtype: "float32", shape }], machine.effects);
    const job = await machine.job(
      { data: feeds, algorithm: "minmax", placement: "core" },
      { validation: feeds, shapes: new Map([["x", { min: shape, opt: shape, max: shape }]]) },
    );
    await writeFile(
      job.modelPath,
      modelBytes({
        inputs: { x: ["N", 3, 8, 8] },
        outputs: ["y"],
        weights: [weight("boxes", [4, 3, 1, 1]), weight("scores", [2, 3, 1, 1])],
        nodes: [
          node("Conv", ["x", "boxes"], ["b"]),
          node("Conv", ["x", "scores"], ["s"]),
          makeNode({ opType: "Concat", input: ["b", "s"], output: ["y"], attribute: [intAttr("axis", 1)] }),
        ],
      }),
    );
    const asModelOpt = { ...job, quantization: { ...job.quantization, placement: "modelopt" as const } };
    await expect(prepareLane("explicit", asModelOpt)).rejects.toMatchObject({
      reason: "precision-not-applied",
      message: expect.stringMatching(/^ModelOpt's placement leaves every compute node of 'cls' in float: .* Use `placement: core`/),
    });
    // Where nobody asked for it, a model too small for ModelOpt is quantised all the same.
    const { placement, ...unasked } = job.quantization;
    expect(placement).toBe("core");
    const { prepared } = await prepareLane("explicit", { ...job, quantization: unasked });
    expect(prepared.units.map(({ id }) => id)).toEqual(["Conv:b", "Conv:s"]);
    await prepared.close();
    open = (await prepareLane("explicit", job)).prepared;
    const parts = open.forms.get("y")?.parts;
    expect([parts?.shape, parts?.parts.map(({ name }) => name)]).toEqual([
      [2, 6, 8, 8],
      ["b", "s"],
    ]);
    expect(await pairsOf(open)).toHaveLength(2);
  });

  it.each([
    ["weak", "11.2.0", /only strongly typed/],
    ["strong", "8.6.1", /no strongly typed networks/],
  ] as const)("never replaces `typing: %s` on TensorRT %s", async (typing, version, words) => {
    machine = await fakeMachine({ FAKE_TRT_VERSION: version });
    const job = await machine.job({ cachePath: recordedCache });
    await expect(prepareLane("explicit", { ...job, tensorrt: { ...job.tensorrt, typing } })).rejects.toMatchObject({
      reason: "lane-unavailable",
      message: expect.stringMatching(words),
    });
  });

  it("is weakly typed on 10.15 where `typing: weak` asks for it", async () => {
    const { prepared: lane } = await prepare("explicit", { fake: { FAKE_TRT_VERSION: "10.15.1" }, typing: "weak" });
    await pairsOf(lane, { samples: [0] });
    expect(lane.coverage.variant).toBe("explicit");
    const [, candidate] = await machine.builds();
    expect(candidate?.flags).toEqual(expect.arrayContaining(["FP16", "INT8"]));
  });

  it("measures layers by marking, also in a strongly typed network", async () => {
    const { prepared: lane } = await prepare("explicit", { fake: { FAKE_TRT_VERSION: "11.2.0" } });
    const { pairs, dropped } = await (await lane.build(plainCandidate)).layers([0]);
    const layers = await allOf(pairs);
    expect(layers.length).toBeGreaterThan(50);
    expect(layers.filter(({ reference, candidate }) => reference === undefined || candidate === undefined)).toEqual([]);
    expect(dropped).toEqual([]);
  });

  it("refuses scales of another model, and a model that nothing quantises", async () => {
    const cachePath = join((await fakeMachine().then((one) => (machine = one))).run.folder, "other.cache");
    await writeFile(cachePath, "TRT-8601-EntropyCalibration2\nsomething: 3c010a14\n");
    await expect(prepareLane("explicit", await machine.job({ cachePath }))).rejects.toMatchObject({ reason: "stale-cache" });
    await expect(prepareLane("explicit", await machine.job({}))).rejects.toThrow(/needs a Q\/DQ model/);
  });
});

const resetEverything = `
import json, sys
sys.path.append(sys.argv[1])
from trt_worker import builds, logs, networks
keeper = logs.LogKeeper(type("C", (), {"event": lambda *a, **k: None})())
logs.install(keeper)
loaded = networks.load(sys.argv[2], {}, False, [])
if sys.argv[3] == "reset":
    for layer in loaded.network:
        layer.reset_precision()
try:
    builds.build(loaded, {"fp16": True, "int8": True}, keeper)
    print("built")
except Exception:
    print(keeper.errors()[0])
`;

describeWithPython("the fake TensorRT", () => {
  it("fails as the H100 did where the types that its parser set are reset, and only there", async () => {
    machine = await fakeMachine();
    const model = join(machine.run.folder, "qdq.onnx");
    await writeFile(model, await qdqBytes(classifier, recordedCache, "per-channel", machine.effects.files));
    const folder = dirname(await pythonFile("worker.py", machine.effects.files));
    const build = async (how: string) => {
      const args = ["-c", resetEverything, folder, model, how];
      const { stdout } = await machine.effects.exec.run({
        file: machine.python,
        args,
        env: { PATH: process.env.PATH ?? "" },
        timeoutMs: 60_000,
      });
      return stdout.trim().split("\n").at(-1);
    };
    expect(await build("reset")).toContain("Int8 constant is only allowed before DQ node");
    expect(await build("leave")).toBe("built");
  });
});

describeWithPython("the choice of a lane", () => {
  it("is implicit where TensorRT can quantise by a cache, and says why", async () => {
    const { prepared: lane, why } = await prepare("auto");
    expect(lane.lane).toBe("implicit");
    expect(why).toMatch(/^TensorRT 8\.6\.1: INT8 flag/);
  });

  it("is explicit where TensorRT removed implicit quantisation, and says why", async () => {
    const { prepared: lane, why } = await prepare("auto", { fake: { FAKE_TRT_VERSION: "11.2.0" } });
    expect(lane.lane).toBe("explicit");
    expect(why).toContain("removed in 11");
  });

  it("never replaces a lane asked for by name: implicit on TensorRT 11 is unavailable, the replacement named", async () => {
    await expect(prepare("implicit", { fake: { FAKE_TRT_VERSION: "11.2.0" } })).rejects.toMatchObject({
      reason: "lane-unavailable",
      message: expect.stringMatching(/removed in 11.*`lane: explicit`/),
    });
  });

  it("is simulate without a GPU, and a named lane is then unavailable", async () => {
    const { prepared: lane, why } = await prepare("auto", { fake: { FAKE_SMI: "broken" } });
    expect([lane.lane, why]).toEqual(["simulate", "no NVIDIA GPU with a driver on this machine"]);
    for (const wanted of ["implicit", "explicit"] as const)
      await expect(prepareLane(wanted, await machine.job())).rejects.toMatchObject({ reason: "lane-unavailable" });
  });

  it("is simulate on a GPU without TensorRT, and a named lane says what is missing", async () => {
    machine = await fakeMachine();
    const python = join(machine.run.folder, "bin", "bare");
    await writeFile(python, '#!/bin/sh\nexec python3 -I -S "$@"\n', { mode: 0o755 });
    const job = await machine.job();
    const bare = { ...job, tensorrt: { ...job.tensorrt, python } };
    const { prepared: lane, why } = await prepareLane("auto", bare);
    open = lane;
    expect(lane.lane).toBe("simulate");
    expect(why).toContain("there is a GPU, but no usable TensorRT");
    await expect(prepareLane("implicit", bare)).rejects.toMatchObject({
      reason: "lane-unavailable",
      message: expect.stringContaining("no module tensorrt"),
    });
  });

  it("takes the next GPU where another run holds the first, and tells CUDA so", async () => {
    machine = await fakeMachine({ FAKE_SMI: "two" });
    const first = await lockGpu("GPU-00000000-1111-2222-3333-444444444444", machine.effects, { waitMs: 0 });
    try {
      const { prepared } = await prepareLane("implicit", await machine.job({ cachePath: recordedCache }));
      open = prepared;
      expect(prepared.versions?.gpu).toBe("Second fake GPU");
      await pairsOf(prepared, { samples: [0] });
      const [reference] = await machine.builds();
      expect(reference?.cuda).toEqual({
        CUDA_DEVICE_ORDER: "PCI_BUS_ID",
        CUDA_VISIBLE_DEVICES: "GPU-55555555-1111-2222-3333-444444444444",
      });
    } finally {
      await first.release();
    }
  });

  it("lets go of the GPU when the lane is closed", async () => {
    const { prepared: first } = await prepare("implicit");
    const soon = await machine.job(undefined, { deadlineMs: performance.now() + 1500 });
    await expect(prepareLane("implicit", soon)).rejects.toMatchObject({ reason: "gpu-busy" });
    await first.close();
    const { prepared: second } = await prepareLane("implicit", await machine.job());
    open = second;
    expect(second.lane).toBe("implicit");
  });
});
