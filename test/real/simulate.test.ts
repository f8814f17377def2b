import { join } from "node:path";
import { clearField } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { parseCache } from "../../src/calibration/cache.ts";
import { ConfigError, ToolError } from "../../src/effects/failure.ts";
import { prepareSimulate } from "../../src/lanes/simulate/simulate.ts";
import { floatValues } from "../../src/onnx/constants.ts";
import { encodeModel, insertQdq, removeUnitQdq } from "../../src/onnx/edit.ts";
import { allTensors } from "../../src/onnx/external.ts";
import { TensorProtoSchema } from "../../src/onnx/gen/onnx-ml_pb.js";
import { DataType } from "../../src/onnx/model.ts";
import { readModel } from "../../src/onnx/read.ts";
import { modelBytes, node, weight } from "../fakes/onnx-models.ts";
import { type RunEffects, runEffects } from "../fakes/run-effects.ts";
import { classifier, detector, everySample, pairsOf, recorded, recordedJob, simulateJob, sqnrDb, withLane } from "../fakes/simulate-job.ts";

/** The same model with its float weights in `float_data`, as converters from other frameworks write them. */
async function withNumbersForBytes(path: string, { files }: RunEffects): Promise<Uint8Array> {
  const model = await readModel(path, files);
  for (const tensor of allTensors(model.proto)) {
    if (tensor.dataType !== DataType.FLOAT || tensor.rawData.length === 0) continue;
    tensor.floatData = [...(await floatValues(tensor, "", files))];
    // As if never set: an empty text of bytes is a value, too.
    clearField(tensor, TensorProtoSchema.field.rawData);
  }
  return encodeModel(model);
}

const cachePath = join(recorded, "cls.calibration.cache");
const pictures = join(recorded, "validation.npz");

describe("the classifier with the recorded cache", () => {
  it("quantises every convolution and matrix product, and finds every scale by name", async () => {
    await withLane(await recordedJob(), async (lane) => {
      expect(lane.coverage).toMatchObject({ quantizedUnits: 54, totalUnits: 54, missingScales: [], variant: "core" });
      expect(lane.units[0]).toMatchObject({ id: "Conv:batch_norm_0.tmp_3", opType: "Conv", inputs: ["x"], output: "batch_norm_0.tmp_3" });
      expect(lane.units[0]?.nodes.slice(0, 2)).toEqual(["p2o.Conv.0", "p2o.BatchNormalization.0"]);
      expect(lane.units.at(-1)).toMatchObject({ opType: "MatMul", output: "p2o.MatMul.1" });
    });
  });

  it("finds the Softmax of the output and its axis", async () => {
    await withLane(await recordedJob(), async (lane) => {
      expect([...lane.forms]).toEqual([["softmax_0.tmp_0", { score: { kind: "softmax", axis: 1, node: "p2o.Softmax.0" } }]]);
    });
  });

  it("gives the reference itself when every unit is kept in float", async () => {
    await withLane(await recordedJob(), async (lane) => {
      expect(sqnrDb(await pairsOf(lane, { keep: new Set(lane.units.map((unit) => unit.id)) }))).toBe(Number.POSITIVE_INFINITY);
    });
  });

  it("gives the same bits on a repeat, on a fresh build, and after other choices of units", async () => {
    const staged = await recordedJob();
    await withLane(staged, async (lane) => {
      const first = await pairsOf(lane);
      await pairsOf(lane, { keep: new Set([lane.units[3]?.id ?? ""]) });
      const builds = staged.built.length;
      expect(await pairsOf(lane)).toEqual(first);
      expect(staged.built.length).toBe(builds);
      expect(await pairsOf(lane, { fresh: true })).toEqual(first);
      expect(staged.built.length).toBe(builds + 1);
    });
  });
});

describe("layers", () => {
  it("come sample by sample, each layer from both sides", async () => {
    await withLane(await recordedJob(), async (lane) => {
      const pairs = await pairsOf(lane, { detail: "layers", samples: [0, 1] });
      expect(pairs.map((pair) => pair.sample)).toEqual(pairs.map((pair) => pair.sample).toSorted((a, b) => a - b));
      expect(pairs.every((pair) => pair.reference !== undefined && pair.candidate !== undefined)).toBe(true);
      expect(pairs.filter((pair) => pair.role === "layer" && pair.sample === 1).length).toBeGreaterThan(150);
      expect(pairs.filter((pair) => pair.role === "output")).toEqual([]);
      expect(pairs.every((pair) => lane.order.has(pair.tensor))).toBe(true);
    });
  });

  it("carry the error that each quantised unit adds by itself, worst for the depthwise convolutions", async () => {
    await withLane(await recordedJob(), async (lane) => {
      const pairs = await pairsOf(lane, { detail: "layers", keep: new Set([lane.units[0]?.id ?? ""]) });
      const injected = Map.groupBy(
        pairs.filter((pair) => pair.role === "injected"),
        (pair) => pair.tensor,
      );
      expect(new Set(injected.keys())).toEqual(new Set(lane.units.slice(1).map((unit) => unit.output)));
      const worst = [...injected].toSorted(([, a], [, b]) => sqnrDb(a) - sqnrDb(b))[0];
      const nodes = lane.units.find((unit) => unit.output === worst?.[0])?.nodes;
      expect(nodes?.[0]).toMatch(/^p2o\.Conv\./);
      for (const one of injected.values()) expect(sqnrDb(one)).toBeGreaterThan(10);
    });
  });
});

describe("other sources", () => {
  it("calibrates from data with each algorithm, and entropy is not min-max", async () => {
    const results: number[] = [];
    for (const algorithm of ["minmax", "percentile", "entropy"] as const) {
      const staged = await simulateJob({
        model: classifier,
        shapes: { x: [1, 3, 48, 192] },
        calibration: join(recorded, "calibration.npz"),
        validation: pictures,
        algorithm,
      });
      results.push(await withLane(staged, async (lane) => sqnrDb(await pairsOf(lane))));
    }
    expect(results.every((db) => db > 10 && db < 40)).toBe(true);
    expect(new Set(results).size).toBe(3);
  });

  it("takes weights that are written as numbers, not as bytes, to the same bits", async () => {
    const effects = await runEffects();
    const typed = join(effects.folder, "typed.onnx");
    await effects.files.writeBytes(typed, await withNumbersForBytes(classifier, effects));
    const ask = async (model: string) =>
      withLane(
        await simulateJob({ model, shapes: { x: [1, 3, 48, 192] }, calibration: join(recorded, "calibration.npz"), validation: pictures }),
        (lane) => pairsOf(lane),
      );
    expect(await ask(typed)).toEqual(await ask(classifier));
    await effects.end();
  });

  it("runs a Q/DQ model made from the cache like the cache itself, and keeps units alike", async () => {
    const made = await qdqClassifier();
    const core = await recordedJob();
    const explicit = await simulateJob({ model: classifier, shapes: { x: [1, 3, 48, 192] }, qdq: made.path, validation: pictures });
    const ask = async (staged: typeof core) =>
      withLane(staged, async (lane) => {
        const keep = new Set(lane.units.slice(5, 20).map((unit) => unit.id));
        return {
          ids: lane.units.map((unit) => unit.id),
          inputs: lane.units.map((unit) => unit.inputs),
          plain: await pairsOf(lane),
          kept: await pairsOf(lane, { keep }),
          variant: lane.coverage.variant,
        };
      });
    const [ours, theirs] = [await ask(core), await ask(explicit)];
    await made.end();
    expect(theirs.variant).toBe("qdq");
    expect(theirs.ids).toEqual(ours.ids);
    expect(theirs.inputs).toEqual(ours.inputs);
    expect(candidateDistanceDb(ours.plain, theirs.plain)).toBeGreaterThan(60);
  });

  it("takes a model that holds Q/DQ itself as its own candidate, with the Q/DQ read around as the reference", async () => {
    const made = await qdqClassifier();
    await withLane(await simulateJob({ model: made.path, shapes: { x: [1, 3, 48, 192] }, validation: pictures }), async (lane) => {
      expect(lane.units.length).toBe(54);
      expect(sqnrDb(await pairsOf(lane))).toBeGreaterThan(10);
      expect(sqnrDb(await pairsOf(lane, { keep: new Set(lane.units.map((unit) => unit.id)) }))).toBeGreaterThan(20);
    });
    await made.end();
  });

  it("computes the same when a unit's Q/DQ is taken out of the file as when the unit is kept", async () => {
    const made = await qdqClassifier();
    const parts = { model: classifier, shapes: { x: [1, 3, 48, 192] }, validation: pictures };
    const [kept, ids] = await withLane(await simulateJob({ ...parts, qdq: made.path }), async (lane) => {
      const chosen = lane.units.slice(0, 9).map((unit) => unit.id);
      return [await pairsOf(lane, { keep: new Set(chosen) }), chosen] as const;
    });
    const edited = await removeUnitQdq(
      await readModel(made.path, made.effects.files),
      ids,
      made.effects.files,
      await readModel(classifier, made.effects.files),
    );
    const editedPath = join(made.effects.folder, "edited.onnx");
    await made.effects.files.writeBytes(editedPath, encodeModel(edited));
    await withLane(await simulateJob({ ...parts, qdq: editedPath }), async (lane) => {
      expect(lane.units.length).toBe(45);
      expect(candidateDistanceDb(kept, await pairsOf(lane))).toBeGreaterThan(100);
    });
    await made.end();
  });
});

describe("what cannot be run is said before anything runs", () => {
  it("names the open dimensions and the lines to add", async () => {
    const staged = await recordedJob();
    const failure = prepareSimulate({ ...staged.job, shapes: new Map() });
    await expect(failure).rejects.toThrow(ConfigError);
    await expect(failure).rejects.toThrow(/p2o\.DynamicDimension\.0.*\n {4}shapes:\n {6}"x": \[1, 3, 224, 224\]/);
    await staged.effects.end();
  });

  it("names a sample of another shape, a missing input and a wrong type", async () => {
    const staged = await recordedJob();
    const bad = { ...staged.job.validation, count: 3, description: "bad.npz", feed: async (i: number) => badFeeds[i] ?? new Map() };
    const failure = await prepareSimulate({ ...staged.job, validation: bad }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ConfigError);
    expect(String(failure)).toMatch(/bad\.npz, sample 0: 'x' has the shape \[1, 3, 48, 191\]/);
    expect(String(failure)).toMatch(/sample 1: has no array for the input 'x'/);
    expect(String(failure)).toMatch(/sample 2: 'x' is float64/);
    await staged.effects.end();
  });

  it("is undecided where no scale belongs to the model", async () => {
    const staged = await recordedJob({ model: detector });
    await staged.effects.files.writeText(join(staged.effects.folder, "other.cache"), "TRT-8601-EntropyCalibration2\nstranger: 3c010a14\n");
    const job = {
      ...staged.job,
      validation: { ...staged.job.validation, count: 0 },
      quantization: { ...staged.job.quantization, cachePath: join(staged.effects.folder, "other.cache") },
    };
    const failure = await prepareSimulate(job).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ToolError);
    expect(failure).toMatchObject({ reason: "stale-cache" });
    await staged.effects.end();
  });

  it("refuses a model in double precision, which TensorRT does not have, by the node that computes in it", async () => {
    const staged = await recordedJob();
    const double = { ...weight("w", [4, 2]), dataType: 11, rawData: new Uint8Array(64) };
    const bytes = modelBytes({
      nodes: [node("MatMul", ["x", "w"], ["y"], "double product")],
      weights: [double],
      inputType: 11,
      outputs: ["y"],
    });
    const modelPath = join(staged.effects.folder, "double.onnx");
    await staged.effects.files.writeBytes(modelPath, bytes);
    const failure = prepareSimulate({ ...staged.job, modelPath, shapes: new Map(), validation: { ...staged.job.validation, count: 0 } });
    await expect(failure).rejects.toThrow(/'double product' in float64, which TensorRT does not have.*float32 export/);
    await staged.effects.end();
  });

  it("stops at the deadline and after a signal", async () => {
    const staged = await recordedJob();
    const lane = await prepareSimulate({ ...staged.job, deadlineMs: staged.effects.clock.monotonicMs() - 1 });
    await expect(pairsOf(lane)).rejects.toMatchObject({ reason: "timeout" });
    await lane.close();
    const cancelled = await prepareSimulate({ ...staged.job, effects: { ...staged.effects, cancelled: AbortSignal.abort() } });
    await expect(pairsOf(cancelled)).rejects.toMatchObject({ reason: "cancelled" });
    await cancelled.close();
    await staged.effects.end();
  });

  it("yields nothing for no samples", async () => {
    const staged = await recordedJob();
    const lane = await prepareSimulate({ ...staged.job, validation: { ...staged.job.validation, count: 0 } });
    expect(everySample(lane)).toEqual([]);
    expect(await pairsOf(lane)).toEqual([]);
    await lane.close();
    await staged.effects.end();
  });
});

const sample = (shape: readonly number[], data: Float32Array | Float64Array) =>
  new Map([["x", { name: "x", dtype: data instanceof Float32Array ? ("float32" as const) : ("float64" as const), shape, data }]]);
const badFeeds = [
  sample([1, 3, 48, 191], new Float32Array(3 * 48 * 191)),
  new Map(),
  sample([1, 3, 48, 192], new Float64Array(3 * 48 * 192)),
];

async function qdqClassifier() {
  const effects = await runEffects();
  const scales = parseCache(await effects.files.readText(cachePath), cachePath).scales;
  const { model, units, missingScales } = await insertQdq(await readModel(classifier, effects.files), scales, effects.files);
  expect([units.length, missingScales.length]).toEqual([54, 0]);
  const path = join(effects.folder, "cls.qdq.onnx");
  await effects.files.writeBytes(path, encodeModel(model));
  return { path, effects, end: effects.end };
}

/** SQNR of the second run's candidate outputs against the first's. */
const candidateDistanceDb = (first: readonly Awaited<ReturnType<typeof pairsOf>>[number][], second: typeof first): number =>
  sqnrDb(first.map((pair, i) => ({ ...pair, reference: pair.candidate, candidate: second[i]?.candidate })));
