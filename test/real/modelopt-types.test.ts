/**
 * NVFP4, MXFP8, FP8 and bfloat16 as ModelOpt writes them (test/fixtures/modelopt-types/make.py). The right figures and numbers are numpy's and ml_dtypes' (figures.py
 * beside it); whether TensorRT takes a file NVIDIA's own builder says.
 */
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { builderPython } from "../../scripts/python-env.ts";
import { openSaved } from "../../src/formats/open-saved.ts";
import { readTensor } from "../../src/formats/stored-array.ts";
import { loadRuntime } from "../../src/lanes/simulate/runtime.ts";
import { openSession } from "../../src/lanes/simulate/session.ts";
import { prepareSimulate } from "../../src/lanes/simulate/simulate.ts";
import { askBuilder } from "../../src/lanes/tensorrt/builder-check.ts";
import { onnxRuntimeReference } from "../../src/lanes/tensorrt/outside-reference.ts";
import type { TensorPair } from "../../src/model/engine.ts";
import type { Tensor } from "../../src/model/tensor.ts";
import { encodeModel, removeUnitQdq } from "../../src/onnx/edit.ts";
import { DataType, floatTensor, intAttr, makeNode, type NodeProto } from "../../src/onnx/model.ts";
import { toNetwork } from "../../src/onnx/network.ts";
import { toQdqForm } from "../../src/onnx/qdq-form.ts";
import { floatForm, hasQdq, qdqUnits } from "../../src/onnx/qdq-units.ts";
import { readModel } from "../../src/onnx/read.ts";
import { withoutTrtOperators } from "../../src/onnx/trt-qdq.ts";
import { modelBytes } from "../fakes/onnx-models.ts";
import { type RunEffects, runEffects } from "../fakes/run-effects.ts";
import { pairsOf, simulateJob, sqnrDb, withLane } from "../fakes/simulate-job.ts";
import right from "../fixtures/modelopt-types/figures.json" with { type: "json" };
import { describeWithBuilder } from "../support/needs.ts";

const folder = join(import.meta.dirname, "../fixtures/modelopt-types");
const job = (model: string, qdq?: string) =>
  simulateJob({
    model: join(folder, `${model}.onnx`),
    shapes: { x: [1, 4, 64] },
    validation: join(folder, "x.npz"),
    ...(qdq === undefined ? {} : { qdq: join(folder, `${qdq}.onnx`) }),
  });
const forms = Object.entries(right);
/** ONNX Runtime leaves out some roundings of half precision, and FP8 behind them then falls on the other side here and there. */
const within = (name: string) => (name.endsWith("half") ? 0.1 : 0.05);

let effects: RunEffects;
beforeAll(async () => {
  effects = await runEffects();
});
afterAll(() => effects.end());

describe.each(forms)("%s", (name, figures) => {
  it("has numpy's figure against the float model, which comes back with every unit kept", async () => {
    await withLane(await job("float", name), async (lane) => {
      expect(Math.abs(sqnrDb(await pairsOf(lane)) - figures.float)).toBeLessThan(within(name));
      expect(lane.coverage).toMatchObject({ totalUnits: 3, quantizedUnits: 3, missingScales: [] });
      const kept = sqnrDb(await pairsOf(lane, { keep: new Set(lane.units.map(({ id }) => id)) }));
      expect(kept).toBeGreaterThan(name.endsWith("half") ? 60 : 42);
    });
  });

  it("has numpy's figure alone, against itself with every pair read around", async () => {
    await withLane(await job(name), async (lane) => {
      expect(Math.abs(sqnrDb(await pairsOf(lane)) - figures.own)).toBeLessThan(within(name));
    });
  });
});

const blocksOf = (size: number) => [intAttr("axis", -1), intAttr("block_size", size)];
const trt = (opType: string, input: readonly string[], output: readonly string[], size: number): NodeProto =>
  makeNode({ opType, domain: "trt", input, output, attribute: blocksOf(size) });
/** Zeros of both signs are one number. */
const numbers = (tensor: Tensor | undefined): number[] => [...(tensor?.data ?? [])].map((value) => Number(value) + 0);

describe("a quantiser of blocks", () => {
  const forms: Readonly<Record<string, readonly NodeProto[]>> = {
    fp4: [
      trt("TRT_FP4DynamicQuantize", ["x", "double"], ["numbers", "stored"], 16),
      makeNode({ opType: "DequantizeLinear", input: ["stored", "double"], output: ["scales"] }),
      makeNode({ opType: "DequantizeLinear", input: ["numbers", "scales"], output: ["y"], attribute: blocksOf(16) }),
    ],
    mxfp8: [
      trt("TRT_MXFP8DynamicQuantize", ["x"], ["numbers", "exponents"], 32),
      trt("TRT_MXFP8DequantizeLinear", ["numbers", "exponents"], ["y"], 32),
    ],
  };

  it.each(Object.entries(forms))("gives numpy's numbers to the bit: %s", async (name, nodes) => {
    const saved = await openSaved(join(folder, "blocks.npz"), effects.files);
    const reader = await effects.files.open(join(folder, "blocks.npz"));
    const array = async (wanted: string) => {
      const stored = saved.runners[0]?.iterations[0]?.get(wanted);
      if (stored === undefined) throw new Error(`blocks.npz has no ${wanted}`);
      return await readTensor(wanted, stored, reader);
    };
    const [x, wanted] = [await array("x"), await array(name)];
    const path = join(effects.folder, `${name}.onnx`);
    const weights = [floatTensor("double", [], Float32Array.of(1 / 6))];
    const bytes = modelBytes({ nodes, weights, inputs: { x: x.shape }, outputs: ["y"], outputTypes: { y: DataType.FLOAT }, opset: 21 });
    await effects.files.writeBytes(path, bytes);
    const network = await withoutTrtOperators(toNetwork(await readModel(path, effects.files)), effects.files);
    const session = await openSession(await loadRuntime(effects), effects, network, "blocks");
    const made = (await session.run(new Map([["x", x]]))).get("y");
    await session.release();
    await reader.close();
    expect(made?.shape).toEqual(x.shape);
    expect(numbers(made)).toEqual(numbers(wanted));
  });
});

describe("a float form with TensorRT's operators around stored weights", () => {
  it.each(["fp8-half", "mxfp8-half", "nvfp4-half"])("is a reference in ONNX Runtime for engines too: %s", async (name) => {
    const staged = await job(name);
    const { job: engineJob } = staged;
    const written = toNetwork(await readModel(engineJob.modelPath, effects.files));
    const source = await onnxRuntimeReference(
      { ...engineJob, workFolder: join(staged.effects.folder, "engines") },
      floatForm(toQdqForm(written)).float,
    );
    const tensor = await source.tensor(0, "out");
    await withLane(staged, async (lane) => {
      const [pair] = await pairsOf(lane, { samples: [0] });
      expect(sqnrDb([{ ...(pair as TensorPair), candidate: tensor }])).toBeGreaterThan(60);
    });
  });
});

describe("what is not simulated", () => {
  it("is refused by name: blocks along another axis than the last", async () => {
    const path = join(effects.folder, "rows.onnx");
    const quantize = makeNode({
      opType: "TRT_MXFP8DynamicQuantize",
      domain: "trt",
      name: "rows",
      input: ["x"],
      output: ["q", "s"],
      attribute: [intAttr("axis", 0), intAttr("block_size", 32)],
    });
    await effects.files.writeBytes(path, modelBytes({ nodes: [quantize], inputs: { x: [32, 4] }, outputs: ["q"], opset: 21 }));
    const network = toNetwork(await readModel(path, effects.files));
    const refusal = await openSession(await loadRuntime(effects), effects, network, "rows").catch((error: unknown) => error);
    expect(refusal).toMatchObject({
      reason: "quantization-form",
      message: expect.stringContaining("'rows' does not have its blocks along the last axis"),
    });
  });

  it("is refused by name: weights of an export that ModelOpt did not finish", async () => {
    const nodes = [
      makeNode({
        opType: "TRT_FP4QDQ",
        domain: "trt",
        name: "weights",
        input: ["w"],
        output: ["d"],
        attribute: [intAttr("block_size", 16)],
      }),
      makeNode({ opType: "MatMul", input: ["x", "d"], output: ["y"] }),
    ];
    const path = join(effects.folder, "unfinished.onnx");
    const weights = [floatTensor("w", [64, 16], new Float32Array(1024).fill(1))];
    await effects.files.writeBytes(path, modelBytes({ nodes, weights, inputs: { x: [1, 4, 64] }, outputs: ["y"], opset: 21 }));
    await copyFile(join(folder, "x.npz"), join(effects.folder, "x.npz"));
    const staged = await simulateJob({ model: path, shapes: { x: [1, 4, 64] }, validation: join(folder, "x.npz") });
    const refusal = await prepareSimulate(staged.job).catch((error: unknown) => error);
    await staged.effects.end();
    expect(refusal).toMatchObject({
      reason: "quantization-form",
      message: expect.stringMatching(/holds the quantiser TRT_FP4QDQ \(first 'weights'\).*did not finish/s),
    });
  });
});

describeWithBuilder("NVIDIA's strongly typed builder", () => {
  let asked = 0;
  const askAt = (modelPath: string) =>
    askBuilder({
      modelPath,
      shapes: new Map(),
      python: builderPython(),
      folder: join(effects.folder, `ask-${++asked}`),
      timeoutMs: 120_000,
      effects,
    });
  const ask = (name: string) => askAt(join(folder, `${name}.onnx`));

  it.each(forms.map(([name]) => name))("takes %s", async (name) => {
    expect(await ask(name)).toMatchObject({ kind: "taken" });
  });

  it.each(forms.map(([name]) => name))("takes the fix of %s: units kept, and all of them, with the float model's weights", async (name) => {
    const read = (file: string) => readModel(join(folder, `${file}.onnx`), effects.files);
    const units = qdqUnits(toQdqForm(toNetwork(await read(name))), toNetwork(await read("float"))).units.map(({ id }) => id);
    for (const keep of [units.slice(-1), units]) {
      const edited = await removeUnitQdq(await read(name), keep, effects.files, await read("float"));
      expect(hasQdq(edited.graph.node)).toBe(keep.length < units.length);
      const path = join(effects.folder, `fixed-${name}.onnx`);
      await effects.files.writeBytes(path, encodeModel(edited));
      expect(await askAt(path)).toMatchObject({ kind: "taken" });
    }
  });

  it("refuses the product of half precision and float32 that ModelOpt 0.47.0 leaves in NVFP4 models of half precision", async () => {
    expect(await ask("nvfp4-mixed")).toMatchObject({ kind: "refused", message: expect.stringContaining("must have same input types") });
  });
});
