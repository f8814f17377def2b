/** The whole gate in the implicit lane: real worker, real Polygraphy, fake TensorRT; with search by every method, budgets, fix and failures. */
import { copyFile, mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { publicationOf } from "../../src/entry.ts";
import { writeNpz } from "../../src/formats/write-npz.ts";
import { main } from "../../src/main.ts";
import type { Tensor } from "../../src/model/tensor.ts";
import { floatTensor } from "../../src/onnx/model.ts";
import { publish } from "../../src/publish/publish.ts";
import { type FakeMachine, fakeMachine } from "../fakes/fake-tensorrt.ts";
import { modelBytes, node } from "../fakes/onnx-models.ts";
import { brokenNode, outlierData, outlierModel } from "../fakes/outlier-model.ts";
import { classifier, recorded } from "../fakes/simulate-job.ts";
import { describeWithPython } from "../support/needs.ts";

let machine: FakeMachine;
afterEach(() => machine.end());

interface Wanted {
  readonly search?: string;
  readonly fake?: Readonly<Record<string, string>>;
  readonly inputs?: Readonly<Record<string, string>>;
  readonly tolerance?: string;
}

/** Runs the gate on a workspace whose configuration has one entry of these lines. */
async function run(entry: readonly string[], { search = "{}", inputs = {} }: Wanted) {
  const lines = ["version: 1", "models:", "  - name: m", ...entry.map((line) => `    ${line}`), `search: ${search}`, ""];
  await mkdir(join(machine.effects.cwd, ".github"));
  await writeFile(join(machine.effects.cwd, ".github/trt-gate.yml"), lines.join("\n"));
  const outcome = await main({ inputs: { lane: "implicit", python: machine.python, ...inputs } }, machine.effects);
  const [model] = outcome.report.models;
  if (model === undefined) throw new Error("no model was checked");
  return { outcome, report: outcome.report, model };
}

/** One printed command in the workspace. */
async function runByHand(command: string): Promise<void> {
  const ran = await machine.byHand(command, machine.effects.cwd);
  expect([command, ran.exitCode, ran.exitCode === 0 ? [] : ran.tail.slice(-5)]).toEqual([command, 0, []]);
}

/** Five convolutions of which one has to be kept: everything that does not depend on a model's size is tested on it. */
async function check(wanted: Wanted) {
  machine = await fakeMachine({ FAKE_TRT_NOISE: "0", ...wanted.fake });
  const at = (name: string) => join(machine.effects.cwd, name);
  await writeFile(at("m.onnx"), outlierModel());
  await writeFile(at("calibration.npz"), writeNpz([outlierData(8)]));
  await writeFile(at("validation.npz"), writeNpz([outlierData(48, 4, 4, 100)]));
  const entry = [
    "path: m.onnx",
    "quantization: {data: calibration.npz, algorithm: minmax, min-samples: 8}",
    "validation: {data: validation.npz, max-samples: 64}",
    `tolerance: ${wanted.tolerance ?? "{sqnr-db: {fail: 15}}"}`,
    "tensorrt: {optimization-level: 0, tactic-sources: none}",
  ];
  return run(entry, wanted);
}

/** Two convolutions with a hard swish between them, written as PaddlePaddle's exporter does: an addition, a Clip and two products. */
async function swish(wanted: Wanted) {
  machine = await fakeMachine({ FAKE_TRT_NOISE: "0", ...wanted.fake });
  const at = (name: string) => join(machine.effects.cwd, name);
  const wave = (name: string, shape: readonly number[]) =>
    floatTensor(
      name,
      shape,
      Float32Array.from({ length: shape.reduce((product, dim) => product * dim, 1) }, (_, i) => Math.sin(1 + i * 0.7) / 4),
    );
  const bytes = modelBytes({
    inputs: { x: [1, 16, 8, 8] },
    outputs: ["y"],
    weights: [
      ...[wave("w1", [16, 16, 3, 3]), wave("w2", [16, 16, 3, 3])],
      ...[floatTensor("three", [], Float32Array.of(3)), floatTensor("sixth", [], Float32Array.of(1 / 6))],
      ...[floatTensor("zero", [], Float32Array.of(0)), floatTensor("six", [], Float32Array.of(6))],
    ],
    nodes: [
      node("Conv", ["x", "w1"], ["a"], "first"),
      node("Add", ["a", "three"], ["b"], "add"),
      node("Clip", ["b", "zero", "six"], ["c"], "clip"),
      node("Mul", ["a", "c"], ["d"], "mul"),
      node("Mul", ["d", "sixth"], ["e"], "scale"),
      node("Conv", ["e", "w2"], ["y"], "second"),
    ],
  });
  await writeFile(at("m.onnx"), bytes);
  const pictures = (count: number, from: number): Tensor => ({
    name: "x",
    dtype: "float32",
    shape: [count, 16, 8, 8],
    data: Float32Array.from({ length: count * 1024 }, (_, i) => Math.sin(from + i * 12.9898 + (i % 17))),
  });
  await writeFile(at("calibration.npz"), writeNpz([pictures(8, 0)]));
  await writeFile(at("validation.npz"), writeNpz([pictures(24, 9)]));
  const entry = [
    "path: m.onnx",
    "quantization: {data: calibration.npz, algorithm: minmax, min-samples: 8}",
    "validation: {data: validation.npz}",
    "tolerance: {sqnr-db: {fail: 10}}",
    "tensorrt: {optimization-level: 1, tactic-sources: none, min-int8-share: 0}",
  ];
  return run(entry, wanted);
}

describeWithPython("the whole gate on engines", () => {
  it("finds a regression of a real model, keeps few units, and asks the proof samples about the engine that it built", async () => {
    machine = await fakeMachine({ FAKE_TRT_NOISE: "0" });
    await copyFile(classifier, join(machine.effects.cwd, "cls.onnx"));
    for (const name of ["cls.calibration.cache", "validation.npz", "calibration.npz"])
      await copyFile(join(recorded, name), join(machine.effects.cwd, name));
    const entry = [
      "path: cls.onnx",
      "shapes: {x: [1, 3, 48, 192]}",
      "quantization: {cache: cls.calibration.cache, data: calibration.npz, min-samples: 48}",
      "validation: {data: validation.npz}",
      "tolerance: {sqnr-db: {fail: 23}}",
      "tensorrt: {optimization-level: 0, tactic-sources: none}",
    ];
    const { outcome, report, model } = await run(entry, { search: "{max-builds: 8}" });
    expect(report).toMatchObject({ verdict: "regression", exitCode: 1, complete: true });
    expect(report.environment).toMatchObject({ tensorrt: "8.6.1", polygraphy: "0.53.6", gpu: "Fake GPU 80GB" });
    expect(model).toMatchObject({ lane: "implicit", laneWhy: "the lane that was asked for", reason: "limit-exceeded" });
    expect(model.layers.length).toBe(54);
    expect(model.search?.outcome).toMatch(/^(found|prefix)$/);
    expect(model.search?.builds).toBeLessThanOrEqual(3);
    expect(model.search?.keep.length).toBeLessThanOrEqual(13);
    expect(model.search?.keep.every(({ layers, nodes }) => layers.length > 0 && nodes.length > 0)).toBe(true);
    expect(model.fix?.verified).toMatchObject({ by: "engine", passes: true, builds: 1 });
    expect(model.fix?.latency?.fixedMs).toBeGreaterThan(0);
    for (const { what, precisions = {} } of model.builds)
      expect([what, Object.values(precisions).flat().length > 50, precisions.INT8 !== undefined]).toEqual([
        what,
        true,
        /INT8|Q\/DQ/.test(what),
      ]);
    await publish(publicationOf(outcome), machine.effects);
    const [script] = model.fix?.files ?? [];
    expect(script?.command).toContain("--trt-network-postprocess-script");
    // What is reproduced is the verdict, which is about the candidate without kept units.
    expect(model.reproduce.join("\n")).not.toContain("fix_precision.py");
    await copyFile(join(outcome.reportFolder, script?.path ?? ""), join(machine.effects.cwd, "fix_precision.py"));
    // The model's dimensions are open: without its shapes the printed command would build an engine for 1x1 pictures.
    await runByHand(script?.command ?? "");
    expect((await machine.builds()).at(-1)?.profiles[0]?.x).toEqual(Array(3).fill([1, 3, 48, 192]));
  });
});

describeWithPython("a search on engines", () => {
  const kept = (model: Awaited<ReturnType<typeof check>>["model"]) => model.search?.keep.map(({ nodes }) => nodes[0]);

  it("keeps the one unit that INT8 breaks", async () => {
    const { outcome, model } = await check({});
    expect(model.search).toMatchObject({ method: "ranked", outcome: expect.stringMatching(/^(found|prefix)$/), units: 5 });
    expect(kept(model)).toEqual([brokenNode]);
    // Engines with this unit in FP16 were built since: the table shows the engine that was judged.
    expect(model.layers.find(({ node }) => node === brokenNode)?.executedPrecision).toBe("INT8");
    expect(model.executed.filter(({ precision }) => precision === "INT8")).toHaveLength(5);
    expect(await readdir(join(outcome.reportFolder, "journal"))).toEqual([]);
    // The gate made the scales: without its cache the printed command would calibrate on random numbers.
    const [script] = model.fix?.files ?? [];
    expect(script?.command).toMatch(
      /--calibration-cache trt-gate-report\/fix\/m-[0-9a-f]{8}\/calibration\.cache .*--calib-base-cls IInt8MinMaxCalibrator/,
    );
    await runByHand(script?.command ?? "");
    expect((await machine.builds()).at(-1)?.calibrated).toEqual([]);
    expect(model.fix?.verified).toMatchObject({ by: "engine", passes: true });
  });

  it("places Q/DQ more narrowly where TensorRT has no kernel for ModelOpt's placement, and says so", async () => {
    const refused = { fake: { FAKE_TRT_FAULT: "no-pointwise-int8" }, inputs: { lane: "explicit", search: "off" } };
    const { model, outcome } = await swish(refused);
    expect(model).toMatchObject({ verdict: "pass", lane: "explicit", quantization: { placement: { scheme: "core" } } });
    expect(model.warnings[0]).toMatch(
      /Could not find any implementation for node PWN\(.+Set `quantization\.placement: core` to go there at once\.$/,
    );
    expect(model.builds.map(({ what }) => what)).toEqual(["FP16 engine", "Q/DQ engine"]);
    expect(outcome.report.exitCode).toBe(0);
  });

  it("asks the real `polygraphy debug precision` for `bisect`, and reads which layers it marked", async () => {
    const { model } = await check({ search: "{method: bisect}" });
    expect(model.search).toMatchObject({ method: "bisect", outcome: "prefix", units: 5 });
    expect(kept(model)).toEqual(["c1", brokenNode]);
    expect(model.search?.message).toMatch(/^Keeping the first 2 of 5 network layers passed/);
    expect(model.search?.probes.filter(({ kind }) => kind === "unknown")).toEqual([]);
    expect(model.fix?.verified).toMatchObject({ by: "engine", passes: true });
  });

  it("judges each of Polygraphy's engines as its own: by the limits of its tensors", async () => {
    const { model } = await check({ search: "{method: bisect}", tolerance: "{sqnr-db: {fail: 90}, tensors: {y: {sqnr-db: {fail: 15}}}}" });
    expect(kept(model)).toEqual(["c1", brokenNode]);
    expect(model.fix?.verified).toMatchObject({ by: "engine", passes: true });
  });

  it("asks it for `linear` from the other end, one layer more each time", async () => {
    const { model } = await check({ search: "{method: linear, direction: reverse}" });
    expect(model.search).toMatchObject({ method: "linear", outcome: "prefix" });
    expect(model.search?.probes.map(({ kept: count }) => count)).toEqual([0, 1, 2, 3, 4]);
    expect(model.search?.probes.map(({ passes }) => passes)).toEqual([false, false, false, false, true]);
    expect(kept(model)).toEqual([brokenNode, "c3", "c4", "c5"]);
  });

  it("builds one engine for its answer where one is all that it may", async () => {
    const { model } = await check({ search: "{max-builds: 1}" });
    expect(model.search).toMatchObject({ outcome: "prefix", builds: 1, proof: { state: "proved" } });
  });

  it.each(["ranked", "bisect"])("ends when its minutes are spent (%s)", async (method) => {
    const { report, model } = await check({ search: `{method: ${method}, budget-minutes: 0.0001}` });
    expect(report).toMatchObject({ verdict: "regression", exitCode: 1 });
    expect(model.search).toMatchObject({ method, outcome: "budget", keep: [] });
    expect(model.fix).toBeNull();
  });
});
