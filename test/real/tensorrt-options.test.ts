/** Options of the engine lanes as the builder gets them, dynamic shapes and plugin libraries, on the fake TensorRT. */
import { copyFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { writeCache } from "../../src/calibration/cache.ts";
import { ConfigError } from "../../src/effects/failure.ts";
import { writeNpz } from "../../src/formats/write-npz.ts";
import { prepareLane } from "../../src/lanes/prepare.ts";
import { sessionFor } from "../../src/lanes/tensorrt/engine-context.ts";
import { readModelFacts } from "../../src/lanes/tensorrt/model-facts.ts";
import type { Side } from "../../src/lanes/tensorrt/session.ts";
import { Worker } from "../../src/lanes/tensorrt/worker.ts";
import { main } from "../../src/main.ts";
import type { EngineJob, TensorRtOptions } from "../../src/model/job.ts";
import type { PreparedLane } from "../../src/model/lane.ts";
import type { Tensor } from "../../src/model/tensor.ts";
import { DataType, floatTensor, int8Tensor, int64Tensor, type NodeProto, withFields } from "../../src/onnx/model.ts";
import { type FakeMachine, fakeMachine } from "../fakes/fake-tensorrt.ts";
import { loopOf } from "../fakes/loop.ts";
import { modelBytes, node, weight } from "../fakes/onnx-models.ts";
import { outlierData, outlierModel } from "../fakes/outlier-model.ts";
import { pairsOf } from "../fakes/simulate-job.ts";
import { describeWithPython } from "../support/needs.ts";

let machine: FakeMachine;
let open: PreparedLane | undefined;
afterEach(async () => {
  await open?.close();
  open = undefined;
  await machine.end();
});

async function prepare(
  options: Partial<TensorRtOptions>,
  fake: Readonly<Record<string, string>> = {},
  change: Partial<EngineJob> = {},
): Promise<PreparedLane> {
  machine = await fakeMachine(fake);
  const job = await machine.job(undefined, change);
  const { prepared } = await prepareLane("implicit", { ...job, tensorrt: { ...job.tensorrt, ...options } });
  open = prepared;
  return prepared;
}

/** A plain engine of this model, run on one sample. */
async function madeFrom(model: Uint8Array, sample: readonly Tensor[], options: Partial<TensorRtOptions> = {}): Promise<Side> {
  machine = await fakeMachine();
  const feed = new Map(sample.map((tensor) => [tensor.name, tensor]));
  const job = await machine.job({}, { shapes: new Map() });
  const validation = { ...job.validation, count: 1, feed: async () => feed };
  await writeFile(job.modelPath, model);
  const worker = new Worker(machine.effects, machine.python);
  const tools = { worker, hello: await worker.hello(), gpu: undefined, stateBefore: undefined, close: () => worker.close() };
  const facts = await readModelFacts(job.modelPath, job.shapes, machine.effects.files);
  const session = await sessionFor({ ...job, validation, tensorrt: { ...job.tensorrt, ...options } }, facts, tools);
  try {
    return await session.make({ what: "engine", modelPath: job.modelPath, typed: false, fp16: false, int8: false, marks: [] });
  } finally {
    await session.close();
  }
}

/** t = x · w in a Loop, y = t · w; `inside`: with Q/DQ of their own, the product in the Loop or the one behind it. */
function loopModel(inside: readonly NodeProto[], last: readonly NodeProto[]): Uint8Array {
  const weights = [
    weight("w", [4, 4]),
    withFields(int64Tensor("once", [1]), { dims: [] }),
    floatTensor("k", [], Float32Array.of(0.02)),
    int8Tensor("z", [], new Int8Array(1)),
  ];
  return modelBytes({ nodes: [...loopOf(inside), ...last], weights, outputs: ["y"], opset: 17 });
}
const pairBefore = (name: string): NodeProto[] => [
  node("QuantizeLinear", [name, "k", "z"], [`${name}q`]),
  node("DequantizeLinear", [`${name}q`, "k", "z"], [`${name}d`]),
];

async function coverageOf(lane: "implicit" | "explicit", model: Uint8Array, cache?: Readonly<Record<string, number>>) {
  machine = await fakeMachine();
  const cachePath = join(machine.run.folder, "m.cache");
  await writeFile(
    cachePath,
    writeCache({ version: "8601", algorithm: "EntropyCalibration2", scales: new Map(Object.entries(cache ?? {})) }),
  );
  const job = await machine.job(cache === undefined ? {} : { cachePath }, { shapes: new Map() });
  const x: Tensor = { name: "x", dtype: "float32", shape: [1, 4], data: Float32Array.of(1, 2, 3, 4) };
  await writeFile(job.modelPath, model);
  open = (await prepareLane(lane, { ...job, validation: { ...job.validation, count: 1, feed: async () => new Map([["x", x]]) } })).prepared;
  const { quantizedUnits, totalUnits, bodies } = open.coverage;
  await open.close();
  open = undefined;
  await machine.end();
  return [quantizedUnits, totalUnits, bodies?.quantized, bodies?.float];
}

describeWithPython("compute nodes inside bodies, in the engine lanes", () => {
  const label = "inside in the body of Loop loop";
  const plain = node("MatMul", ["s", "w"], ["r"], "inside");
  const last = node("MatMul", ["t", "w"], ["y"], "last");

  it("are counted and named: quantised where the cache has their scales or the file their Q/DQ, else in float", async () => {
    const model = loopModel([plain], [last]);
    expect(await coverageOf("implicit", model, { x: 0.02, t: 0.05, s: 0.02 })).toEqual([2, 2, [label], []]);
    expect(await coverageOf("implicit", model, { x: 0.02, t: 0.05 })).toEqual([1, 2, [], [label]]);
    const outside = [...pairBefore("t"), node("MatMul", ["td", "w"], ["y"], "last")];
    expect(await coverageOf("explicit", loopModel([plain], outside))).toEqual([1, 2, [], [label]]);
    const inside = [...pairBefore("s"), node("MatMul", ["sd", "w"], ["r"], "inside")];
    expect(await coverageOf("explicit", loopModel(inside, outside))).toEqual([2, 2, [label], []]);
  });
});

describeWithPython("options of the builder", () => {
  it("reach both sides alike: workspace, level, tactics, DLA core and version compatibility", async () => {
    const options = { workspaceMiB: 512, optimizationLevel: 2, dlaCore: 1, versionCompatible: true, noTacticSources: true };
    const lane = await prepare(options, { FAKE_TRT_DLA_CORES: "2" });
    await pairsOf(lane, { samples: [0] });
    await pairsOf(lane, { samples: [0], keep: new Set([lane.units[0]?.id ?? ""]) });
    const [reference, candidate, kept, ...more] = await machine.builds();
    expect(more).toEqual([]);
    expect(reference).toMatchObject({
      // `prefer` is Polygraphy's own choice for DLA where nothing has to be obeyed.
      flags: ["FP16", "GPU_FALLBACK", "PREFER_PRECISION_CONSTRAINTS", "VERSION_COMPATIBLE"],
      workspaceBytes: 512 * 2 ** 20,
      device: "DLA",
      dlaCore: 1,
      optimizationLevel: 2,
      tacticSources: 0,
    });
    // Q/DQ say what is kept: no layer's precision is set, so there is nothing to obey.
    const int8 = { ...reference, flags: ["FP16", "GPU_FALLBACK", "INT8", "PREFER_PRECISION_CONSTRAINTS", "VERSION_COMPATIBLE"] };
    expect([candidate, kept]).toEqual([int8, int8]);
  });

  it("obey the kept layers on a DLA core too", async () => {
    const lane = await prepare({ dlaCore: 0 }, { FAKE_TRT_DLA_CORES: "1" }, { keepPrecision: "float32" });
    await pairsOf(lane, { samples: [0], keep: new Set([lane.units[0]?.id ?? ""]) });
    const { flags, kept } = (await machine.builds()).at(-1) ?? { flags: [], kept: [] };
    expect([flags.filter((flag) => flag.endsWith("PRECISION_CONSTRAINTS")), kept.length > 0]).toEqual([
      ["OBEY_PRECISION_CONSTRAINTS"],
      true,
    ]);
  });

  it("let a version-compatible engine hold InstanceNormalization, which is a plugin on 8.6 unless asked for", async () => {
    const model = modelBytes({
      nodes: [node("InstanceNormalization", ["x", "scale", "bias"], ["y"])],
      weights: [floatTensor("scale", [2], Float32Array.of(1, 2)), floatTensor("bias", [2], Float32Array.of(0, 1))],
      inputs: { x: [1, 2, 3] },
      outputs: ["y"],
    });
    const x: Tensor = { name: "x", dtype: "float32", shape: [1, 2, 3], data: Float32Array.of(1, 2, 3, 4, 5, 6) };
    const side = await madeFrom(model, [x], { versionCompatible: true });
    expect((await side.tensor(0, "y"))?.shape).toEqual([1, 2, 3]);
  });

  it("tell a profile what an input holds that an operator reads as a shape", async () => {
    const model = modelBytes({
      nodes: [node("Expand", ["x", "size"], ["y"])],
      inputs: { x: [1], size: [2] },
      inputType: DataType.INT64,
      outputs: ["y"],
      outputTypes: { y: DataType.INT64 },
    });
    const int64 = (name: string, values: readonly bigint[]): Tensor => ({
      name,
      dtype: "int64",
      shape: [values.length],
      data: BigInt64Array.from(values),
    });
    const side = await madeFrom(model, [int64("x", [7n]), int64("size", [2n, 3n])]);
    expect(await side.tensor(0, "y")).toMatchObject({ shape: [2, 3] });
  });

  it("are TensorRT's own where the configuration says nothing, but for TF32, which is off on both sides", async () => {
    await pairsOf(await prepare({ noTacticSources: false }), { samples: [0] });
    const plain = { workspaceBytes: null, device: "GPU", tacticSources: 7 };
    expect(await machine.builds()).toMatchObject([
      { ...plain, flags: ["FP16"] },
      { ...plain, flags: ["FP16", "INT8"] },
    ]);
  });

  it("allow TF32 on both sides or on none", async () => {
    await pairsOf(await prepare({ tf32: true }), { samples: [0] });
    expect((await machine.builds()).map(({ flags }) => flags.includes("TF32"))).toEqual([true, true]);
  });

  it("that the machine cannot follow fail the build by its words", async () => {
    await expect(pairsOf(await prepare({ dlaCore: 0 }))).rejects.toMatchObject({
      reason: "build-failed",
      message: expect.stringContaining("DLA core 0 is asked for, and there are 0"),
    });
  });
});

const range = { min: [1, 8, 2, 2], opt: [1, 8, 4, 4], max: [1, 8, 8, 16] };

/** The whole gate on a model with open height and width, and on files of these sizes. */
async function checkDynamic(calibration: readonly [height: number, width: number], validation: readonly (readonly [number, number])[]) {
  machine = await fakeMachine({ FAKE_TRT_NOISE: "0" });
  const at = (name: string) => join(machine.effects.cwd, name);
  const { files } = machine.effects;
  await files.writeBytes(at("open.onnx"), outlierModel("height", "width"));
  await files.writeBytes(at("calibration.npz"), writeNpz([outlierData(3, ...calibration)]));
  for (const [i, size] of validation.entries()) await files.writeBytes(at(`validation/${i}.npz`), writeNpz([outlierData(1, ...size)]));
  await files.writeText(
    at(".github/trt-gate.yml"),
    `version: 1
models:
  - name: open
    path: open.onnx
    shapes: {x: {min: [${range.min}], opt: [${range.opt}], max: [${range.max}]}}
    quantization: {data: calibration.npz, algorithm: minmax, min-samples: 3}
    validation: {data: validation}
    tolerance: {sqnr-db: {fail: 25}}
`,
  );
  return await main({ inputs: { lane: "implicit", python: machine.python, search: "off" } }, machine.effects);
}

describeWithPython("dynamic shapes", () => {
  it("go through a profile: every size in it runs in one engine, and calibration is at opt", async () => {
    const sizes = [
      [2, 2],
      [4, 4],
      [8, 16],
    ] as const;
    const { report } = await checkDynamic([4, 4], sizes);
    const [model] = report.models;
    expect(model).toMatchObject({ lane: "implicit", verdict: "regression", reason: "limit-exceeded" });
    expect(model?.outputs[0]).toMatchObject({ tensor: "y", samples: 3 });
    const builds = await machine.builds();
    expect(builds.map(({ profiles }) => profiles)).toEqual(builds.map(() => [{ x: [range.min, range.opt, range.max] }]));
    expect(builds.flatMap(({ calibrated }) => calibrated.map(({ x }) => x))).toEqual([range.opt, range.opt, range.opt]);
    expect(model?.layers.map(({ samples }) => samples)).toEqual([3, 3, 3, 3]);
    const elements = sizes.reduce((sum, [height, width]) => sum + 8 * height * width, 0);
    expect(model?.outputs[0]?.elements).toBe(elements);
    expect(model?.reproduce.join("\n")).toContain("--trt-max-shapes 'x:[1,8,8,16]'");
  });

  it("take no calibration sample of another size than opt, which TensorRT would read wrongly", async () => {
    const { report } = await checkDynamic([4, 8], [[4, 4]]);
    expect(report.exitCode).toBe(2);
    expect(report.models[0]?.message).toMatch(/calibration\.npz.*shape \[1, 8, 4, 8\], and the model wants \[1, 8, 4, 4\]/);
  });

  it("take no sample outside the range", async () => {
    const { report } = await checkDynamic([4, 4], [[4, 17]]);
    expect(report.exitCode).toBe(2);
    expect(report.models[0]?.message).toContain("[1, 8, 2..8, 2..16]");
  });

  it.each(["implicit", "explicit"] as const)("are asked for before anything is built in the %s lane", async (lane) => {
    machine = await fakeMachine();
    const job = await machine.job(undefined, { shapes: new Map() });
    await expect(prepareLane(lane, job)).rejects.toThrow(ConfigError);
    await expect(prepareLane(lane, job)).rejects.toThrow(/leaves dimensions open: 'x'/);
    expect(await machine.builds()).toEqual([]);
  });
});

/** x -> convolution -> an operator that only a plugin brings -> convolution. */
const pluggedModel = (): Uint8Array =>
  modelBytes({
    nodes: [node("Conv", ["x", "w"], ["a"], "first"), node("Plugged", ["a"], ["b"], "plugged"), node("Conv", ["b", "w"], ["y"], "second")],
    weights: [weight("w", [3, 3, 1, 1])],
    inputs: { x: [1, 3, 48, 192] },
    outputs: ["y"],
  });

describeWithPython("plugin libraries", () => {
  /** A job on that model with this library. */
  async function pluggedJob(library: string | undefined): Promise<EngineJob> {
    machine = await fakeMachine();
    const job = await machine.job({ data: await machine.feeds("calibration", 2), algorithm: "minmax" });
    await writeFile(job.modelPath, pluggedModel());
    const plugins = library === undefined ? [] : [join(machine.run.folder, library)];
    return { ...job, tensorrt: { ...job.tensorrt, plugins } };
  }

  /** Any library that loads into Python. */
  async function installLibrary(path: string): Promise<void> {
    const { stdout } = await machine.effects.exec.run({
      file: machine.python,
      args: ["-c", "import numpy.random._bounded_integers as library; print(library.__file__)"],
      env: { PATH: process.env.PATH ?? "" },
      timeoutMs: 60_000,
    });
    await copyFile(stdout.trim(), path);
  }

  it("are loaded before the model is parsed: their operators are known", async () => {
    const job = await pluggedJob("libPlugged.so");
    await installLibrary(join(machine.run.folder, "libPlugged.so"));
    const { prepared } = await prepareLane("implicit", job);
    open = prepared;
    expect((await pairsOf(prepared)).map(({ tensor }) => tensor)).toEqual(["y", "y"]);
    expect(prepared.reproduce({ keep: new Set() })[2]).toContain(`--plugins ${machine.run.folder}/libPlugged.so`);
  });

  it("are needed by what only they know: the parser names the node", async () => {
    await expect(prepareLane("implicit", await pluggedJob(undefined))).rejects.toMatchObject({
      reason: "parse-failed",
      message: expect.stringContaining("plugged"),
    });
  });

  it("that are not there are named as the configuration names them", async () => {
    const job = await pluggedJob("libPlugged.so");
    const named = { ...job, sources: { model: "models/m.onnx", plugins: ["plugins/libPlugged.so"] } };
    await expect(prepareLane("implicit", named)).rejects.toThrow(ConfigError);
    await expect(prepareLane("implicit", named)).rejects.toThrow(
      "'cls' wants the plugin library plugins/libPlugged.so, which is not there",
    );
  });

  it("that do not load are a failure of their own, with the loader's words", async () => {
    const job = await pluggedJob("libPlugged.so");
    await writeFile(join(machine.run.folder, "libPlugged.so"), "no library");
    await expect(prepareLane("implicit", job)).rejects.toMatchObject({
      reason: "plugin-failed",
      message: expect.stringMatching(/libPlugged\.so does not load: .*(too short|invalid ELF)/),
    });
  });
});
