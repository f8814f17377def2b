/** Models of ONNX Runtime's own quantizer in its main forms; the right figures are Python ONNX Runtime's (test/fixtures/onnxruntime-quantizer/make.py). */
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { oraclePython } from "../../scripts/python-env.ts";
import { makeQdq } from "../../src/fix/qdq.ts";
import { loadRuntime } from "../../src/lanes/simulate/runtime.ts";
import { openSession } from "../../src/lanes/simulate/session.ts";
import type { EngineJob } from "../../src/model/job.ts";
import type { Tensor } from "../../src/model/tensor.ts";
import { encodeModel, removeUnitQdq } from "../../src/onnx/edit.ts";
import { TensorProtoSchema } from "../../src/onnx/gen/onnx-ml_pb.js";
import { DataType, floatTensor, intAttr, makeNode, type NodeProto } from "../../src/onnx/model.ts";
import { toNetwork } from "../../src/onnx/network.ts";
import { toQdqForm } from "../../src/onnx/qdq-form.ts";
import { openProto, readModel } from "../../src/onnx/read.ts";
import { modelProto, node } from "../fakes/onnx-models.ts";
import { pairsOf, simulateJob, sqnrDb, withLane } from "../fakes/simulate-job.ts";
import made from "../fixtures/onnxruntime-quantizer/figures.json" with { type: "json" };
import { describeWithPython } from "../support/needs.ts";

const folder = join(import.meta.dirname, "../fixtures/onnxruntime-quantizer");
const figures = Object.entries(made.figures).map(([name, { sqnrDb: right }]) => ({ name, network: name.split(".")[0] ?? "", right }));
const shapes = { pictures: { x: [1, 3, 8, 8] }, words: { ids: [1, 6] }, clips: { x: [1, 3, 4, 4] } };
const shapesOf = (network: string) => shapes[network as keyof typeof shapes];

const job = (network: string, model: string, qdq?: string) =>
  simulateJob({
    model: join(folder, model),
    shapes: shapesOf(network),
    validation: join(folder, `${network}.npz`),
    ...(qdq === undefined ? {} : { qdq: qdq.startsWith("/") ? qdq : join(folder, qdq) }),
  });

/** dB. ONNX Runtime's QLinearAdd breaks ties in its own way; the transformer's form has an Add where most sums are ties. */
const tolerance = (name: string) => (name === "words.qop.u8" ? 0.1 : 0.05);

/** dB with every unit kept. The dynamic quantizer turns a Gemm into a MatMul with weights of another layout: they stay rounded. */
const leastKept = (name: string) => (name === "pictures.dynamic" ? 45 : 90);

describe.each(figures)("$name", ({ name, network, right }) => {
  it("has ONNX Runtime's figure against the float model, and none of its error with every unit kept", async () => {
    await withLane(await job(network, `${network}.onnx`, `${name}.onnx`), async (lane) => {
      expect(Math.abs(sqnrDb(await pairsOf(lane)) - right)).toBeLessThan(tolerance(name));
      expect(sqnrDb(await pairsOf(lane, { keep: new Set(lane.units.map(({ id }) => id)) }))).toBeGreaterThan(leastKept(name));
      // Dynamic quantisation leaves products of two activations in float.
      expect(lane.coverage.totalUnits - lane.coverage.quantizedUnits).toBe(name === "words.dynamic" ? 2 : 0);
    });
  });

  it("is judged alone against its own weights in float, with every activation where the float model has one", async () => {
    const float = await withLane(await job(network, `${network}.onnx`, `${name}.onnx`), (lane) => pairsOf(lane));
    await withLane(await job(network, `${name}.onnx`), async (lane) => {
      const alone = await pairsOf(lane);
      // What is left between both references is the rounding of the weights.
      const weights = sqnrDb(
        alone.map(({ reference }, i) => ({ ...float[i], reference: float[i]?.reference, candidate: reference }) as never),
      );
      expect(weights).toBeGreaterThan(30);
      expect(sqnrDb(alone)).toBeGreaterThan(right);
      expect(sqnrDb(await pairsOf(lane, { keep: new Set(lane.units.map(({ id }) => id)) }))).toBeGreaterThan(90);
    });
  });

  it("becomes the float model when the Q/DQ of every unit are taken out of the file, and computes what the kept units compute", async () => {
    const staged = await job(network, `${network}.onnx`, `${name}.onnx`);
    const { files } = staged.effects;
    const edited = `${await files.makeTempFolder("edited")}/edited.onnx`;
    const withoutQdqOf = async (ids: readonly string[]) => {
      const [quantized, float] = [
        await readModel(join(folder, `${name}.onnx`), files),
        await readModel(join(folder, `${network}.onnx`), files),
      ];
      await files.writeBytes(edited, encodeModel(await removeUnitQdq(quantized, ids, files, float)));
      return onnxRuntimeOutputs(edited, staged.job);
    };
    await withLane(staged, async (lane) => {
      const ids = lane.units.map(({ id }) => id);
      for (const kept of [ids, ids.slice(0, 3), ids.slice(4)]) {
        const ours = await pairsOf(lane, { keep: new Set(kept) });
        const theirs = await withoutQdqOf(kept);
        expect(sqnrDb(ours.map((pair, i) => ({ ...pair, reference: theirs[i] })))).toBeGreaterThan(90);
      }
    });
  });
});

describeWithPython("fix_qdq.py on models of this quantizer", () => {
  const script = async (name: string, network: string, kept: readonly { readonly unit: string; readonly nodes: readonly string[] }[]) => {
    const staged = await job(network, `${network}.onnx`);
    const path = join(staged.effects.folder, "fix_qdq.py");
    const fixed = join(staged.effects.folder, "fixed.onnx");
    const fix = { ...emptyFix, kept: kept.map((unit) => ({ layers: [], ...unit, nodes: [...unit.nodes] })) };
    writeFileSync(path, makeQdq(fix)[0]?.content ?? "");
    execFileSync(oraclePython(), [path, join(folder, `${name}.onnx`), fixed, join(folder, `${network}.onnx`)], { stdio: "pipe" });
    const outputs = await onnxRuntimeOutputs(fixed, staged.job);
    await staged.effects.end();
    return outputs;
  };

  it("computes what the kept units compute, outputs and elementwise nodes among them", async () => {
    await withLane(await job("pictures", "pictures.onnx", "pictures.s8.onnx"), async (lane) => {
      const kept = lane.units.filter(({ opType }) => ["Conv", "Add", "Identity"].includes(opType));
      expect(new Set(kept.map(({ opType }) => opType)).size).toBe(3);
      const ours = await pairsOf(lane, { keep: new Set(kept.map(({ id }) => id)) });
      const theirs = await script(
        "pictures.s8",
        "pictures",
        kept.map(({ id, nodes }) => ({ unit: id, nodes })),
      );
      expect(sqnrDb(ours.map((pair, i) => ({ ...pair, reference: theirs[i] })))).toBeGreaterThan(90);
    });
  });

  it("refuses where the exporter left an activation out, and says which file has it", async () => {
    const units = await withLane(await job("pictures", "pictures.onnx", "pictures.u8.onnx"), async (lane) => lane.units);
    const kept = units.filter(({ opType }) => opType === "MaxPool").map(({ id, nodes }) => ({ unit: id, nodes }));
    await expect(script("pictures.u8", "pictures", kept)).rejects.toThrow(
      /behind 'conv1' the exporter left out a Relu or Clip\. Use fixed\.qdq\.onnx/,
    );
  });
});

const emptyFix = {
  gateVersion: "0.0.0 (test)",
  model: { name: "pictures", path: "pictures.onnx", sha256: "" },
  totalUnits: 1,
  precision: "float16",
  why: "",
  verified: "",
  qdqPath: "pictures.qdq.onnx",
} as const;

/** The first output of each sample, from the file as it is. */
async function onnxRuntimeOutputs(path: string, { effects, validation }: EngineJob): Promise<(Tensor | undefined)[]> {
  const runtime = await loadRuntime(effects);
  const session = await openSession(runtime, effects, toNetwork(await readModel(path, effects.files)), "edited model");
  const outputs: (Tensor | undefined)[] = [];
  for (let i = 0; i < validation.count; i++) outputs.push((await session.run(await validation.feed(i))).get("y"));
  await session.release();
  return outputs;
}

describeWithPython("forms that ONNX Runtime's optimiser fuses", () => {
  it.each([
    ["pictures", "DynamicQuantizeMatMul"],
    ["words", "MatMulIntegerToFloat"],
  ])("of the dynamic %s (%s) have the figure of the written-out ones", async (network, fused) => {
    const staged = await job(network, `${network}.onnx`);
    const path = join(staged.effects.folder, "fused.onnx");
    const code =
      "import sys, onnxruntime as ort; o = ort.SessionOptions(); o.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_EXTENDED; " +
      "o.optimized_model_filepath = sys.argv[2]; ort.InferenceSession(sys.argv[1], o)";
    execFileSync(oraclePython(), ["-c", code, join(folder, `${network}.dynamic.onnx`), path], { stdio: "pipe" });
    const operators = (await readModel(path, staged.effects.files)).graph.node.map(({ opType }) => opType);
    expect(operators).toContain(fused);
    const right = figures.find(({ name }) => name === `${network}.dynamic`)?.right ?? Number.NaN;
    const found = await withLane(await job(network, `${network}.onnx`, path), async (lane) => sqnrDb(await pairsOf(lane)));
    await staged.effects.end();
    expect(Math.abs(found - right)).toBeLessThan(0.05);
  });
});

describe("an integer product", () => {
  const constants = [
    floatTensor("s", [], Float32Array.of(0.02)),
    create(TensorProtoSchema, { name: "z", dims: [], dataType: DataType.UINT8, rawData: Uint8Array.of(130) }),
    create(TensorProtoSchema, {
      name: "w",
      dims: [4n, 3n],
      dataType: DataType.INT8,
      rawData: Uint8Array.from({ length: 12 }, (_, i) => (i * 37) % 256),
    }),
    floatTensor("factor", [3], Float32Array.of(0.0004, 0.0006, 0.0011)),
  ];
  const quantize = node("QuantizeLinear", ["x", "s", "z"], ["q"]);
  const product = node("MatMulInteger", ["q", "w", "z"], ["sums"]);
  const cast = makeNode({ opType: "Cast", input: ["sums"], output: ["floats"], attribute: [intAttr("to", DataType.FLOAT)] });
  const network = (nodes: readonly NodeProto[], outputs: readonly string[]) =>
    toNetwork(openProto(modelProto({ nodes, weights: constants, outputs, outputTypes: { sums: DataType.INT32 } }), "m.onnx"));

  it("behind a static quantiser is the float product of dequantised inputs, one scale a column", async () => {
    const written = network([quantize, product, cast, node("Mul", ["floats", "factor"], ["y"])], ["y"]);
    const read = toQdqForm(written);
    expect(read.nodes.map(({ opType }) => opType)).toEqual(["QuantizeLinear", "DequantizeLinear", "DequantizeLinear", "MatMul"]);
    const staged = await job("pictures", "pictures.onnx");
    const runtime = await loadRuntime(staged.effects);
    const x = { name: "x", dtype: "float32", shape: [1, 4], data: Float32Array.of(0.31, -1.2, 0.77, 2.1) } as const;
    const outputs: number[][] = [];
    for (const one of [written, read]) {
      const session = await openSession(runtime, staged.effects, { ...one, folder: staged.effects.folder }, "product");
      outputs.push(Array.from((await session.run(new Map([["x", x]]))).get("y")?.data ?? [], Number));
      await session.release();
    }
    await staged.effects.end();
    expect(outputs[0]).toHaveLength(3);
    for (const [i, value] of (outputs[0] ?? []).entries()) expect(outputs[1]?.[i]).toBeCloseTo(value, 5);
  });

  it("whose sums are what the model gives has no such form", () => {
    expect(() => toQdqForm(network([quantize, product], ["sums"]))).toThrow(
      /MatMulInteger .* no Cast and Mul behind it.*quant_format=QuantFormat\.QDQ/,
    );
  });
});
