import { describe, expect, test } from "vitest";
import { measure } from "../../../src/measure/measure.ts";
import type { TensorPair } from "../../../src/model/engine.ts";
import type { Tensor } from "../../../src/model/tensor.ts";
import { openFeeds } from "../../../src/samples/feeds.ts";
import { runEffects } from "../../fakes/run-effects.ts";
import { options, pair, stream, tensor, typed } from "./pairs.ts";

describe("measuring a stream of pairs", () => {
  test("pools all samples into one figure a tensor", async () => {
    const pairs = stream(
      pair({ sample: 0, reference: tensor("t", [3]), candidate: tensor("t", [3.3]) }),
      pair({ sample: 1, reference: tensor("t", [4]), candidate: tensor("t", [4.4]) }),
    );
    const [measurement] = (await measure(pairs, options)).measurements;
    expect(measurement).toMatchObject({ samples: 2, elements: 2, reference: { min: 3, max: 4, mean: 3.5, std: 0.5 } });
    expect(measurement?.metrics.sqnrDb).toBeCloseTo(20, 9);
    expect(measurement?.perSampleSqnrDb.map((db) => Number(db.toFixed(6)))).toEqual([20, 20]);
  });

  test("keeps an injected pair apart from the layer of the same name", async () => {
    const sides = { reference: tensor("a", [1]), candidate: tensor("a", [2]), name: "a" };
    const { measurements, coverage } = await measure(
      stream(pair({ ...sides, role: "layer" }), pair({ ...sides, role: "injected" })),
      options,
    );
    expect(measurements.map(({ tensor, role }) => [tensor, role])).toEqual([
      ["a", "layer"],
      ["a", "injected"],
    ]);
    expect(coverage.compared).toBe(1);
  });

  test("measures nothing of an empty stream", async () => {
    expect(await measure(stream(), options)).toEqual({
      measurements: [],
      coverage: { referenceTensors: 0, candidateTensors: 0, compared: 0, onlyReference: [], onlyCandidate: [] },
    });
  });

  test("lists tensors of one side only and measures them not", async () => {
    const { measurements, coverage } = await measure(
      stream(pair({ name: "a", reference: tensor("a", [1]) }), pair({ name: "b", candidate: tensor("b", [1]) })),
      options,
    );
    expect(measurements).toEqual([]);
    expect(coverage).toEqual({ referenceTensors: 1, candidateTensors: 1, compared: 0, onlyReference: ["a"], onlyCandidate: ["b"] });
  });

  test("never broadcasts or flattens: other shapes are a fault without figures", async () => {
    const pairs = stream(pair({ reference: tensor("t", [1, 2], [2]), candidate: tensor("t", [1, 2], [1, 2]) }));
    const [measurement] = (await measure(pairs, options)).measurements;
    expect(measurement).toMatchObject({ fault: "shape-mismatch", metrics: {}, note: "reference is [2], candidate [1, 2] in sample 0" });
  });

  test("a size that the model leaves open and the sides find differently is told from a mismatch", async () => {
    const pairs = () => stream(pair({ reference: tensor("t", [1, 2, 3, 4], [2, 2]), candidate: tensor("t", [1, 2], [1, 2]) }));
    const faultWith = async (dims: readonly (number | string)[]) => {
      const [measurement] = (await measure(pairs(), { ...options, outputDims: new Map([["t", dims]]) })).measurements;
      return [measurement?.fault, measurement?.note];
    };
    const note = "reference is [2, 2], candidate [1, 2] in sample 0";
    expect(await faultWith(["n", 2])).toEqual(["data-dependent-size", `${note}; the dimension 'n' is open in the model`]);
    expect(await faultWith(["?", 2])).toEqual(["data-dependent-size", `${note}; dimension 0 is open in the model`]);
    expect(await faultWith([2, 2])).toEqual(["shape-mismatch", note]);
    expect(await faultWith(["n"])).toEqual(["shape-mismatch", note]);
  });

  test("a sample that one side lacks is a fault, not a smaller comparison", async () => {
    const pairs = stream(
      pair({ sample: 0, reference: tensor("t", [1]), candidate: tensor("t", [1]) }),
      pair({ sample: 1, reference: tensor("t", [1]) }),
    );
    expect((await measure(pairs, options)).measurements[0]).toMatchObject({ fault: "unequal-samples", metrics: {} });
  });

  test("different element types are noted and measured in float64", async () => {
    const pairs = stream(pair({ reference: typed("float32", Float32Array.of(1)), candidate: typed("float16", Float32Array.of(1)) }));
    const [measurement] = (await measure(pairs, options)).measurements;
    expect(measurement).toMatchObject({ note: "reference is float32, candidate float16; measured in float64", metrics: { exactMatch: 1 } });
  });

  test("quantised numbers are not compared with the values that they stand for", async () => {
    const [float, int] = [typed("float32", Float32Array.of(1)), typed("int8", Int8Array.of(1))];
    const faults = async (reference: Tensor, candidate: Tensor) =>
      (await measure(stream(pair({ reference, candidate })), options)).measurements[0];
    const note = "reference is float32, candidate int8";
    expect(await faults(float, int)).toMatchObject({ fault: "type-mismatch", note, metrics: {} });
    expect(await faults(int, float)).toMatchObject({ fault: "type-mismatch" });
    expect((await faults(int, int))?.fault).toBeUndefined();
  });

  test("measures integers and booleans by exact match", async () => {
    const pairs = stream(
      pair({ reference: typed("bool", Uint8Array.of(0, 1, 1, 0)), candidate: typed("bool", Uint8Array.of(0, 1, 0, 0)) }),
    );
    expect((await measure(pairs, options)).measurements[0]?.metrics).toMatchObject({ exactMatch: 0.75, maxAbs: 1 });
  });

  test("tells 64-bit integers apart that float64 cannot hold", async () => {
    const pairs = stream(
      pair({ reference: typed("int64", BigInt64Array.of(2n ** 60n)), candidate: typed("int64", BigInt64Array.of(2n ** 60n + 1n)) }),
    );
    expect((await measure(pairs, options)).measurements[0]?.metrics.exactMatch).toBe(0);
  });

  test("gives figures per class where labels are given", async () => {
    const sample = (index: number, error: number) =>
      pair({ sample: index, reference: tensor("t", [1]), candidate: tensor("t", [1 + error]) });
    const { measurements } = await measure(stream(sample(0, 0.1), sample(1, 0.01), sample(2, 0.1), sample(3, 0.5)), {
      ...options,
      labels: ["cat", 7, "cat"],
    });
    const classes = measurements[0]?.perClass?.map(({ label, samples, metrics }) => [label, samples, Number(metrics.sqnrDb?.toFixed(6))]);
    expect(classes).toEqual([
      ["cat", 2, 20],
      ["7", 1, 40],
    ]);
  });

  test("agrees with the recorded engines: INT8 against FP16 over eight images", async () => {
    const effects = await runEffects();
    const side = (name: string) => ({ name, dtype: "float32" as const, shape: [1, 2] });
    const file = { kind: "data", path: "test/fixtures/tensorrt-8.6.1-h100/engine_outputs.npz" } as const;
    const outputs = await openFeeds(file, [side("fp16"), side("int8")], effects);
    const pairs: TensorPair[] = [];
    for (let sample = 0; sample < outputs.count; sample++) {
      const row = await outputs.feed(sample);
      pairs.push({ sample, tensor: "t", role: "output", reference: row.get("fp16"), candidate: row.get("int8") });
    }
    await outputs.close();
    await effects.end();
    const forms = new Map([["t", { score: { kind: "softmax", axis: 1, node: "softmax" } as const }]]);
    const [measurement] = (await measure(stream(...pairs), { ...options, forms })).measurements;
    // numpy 2 in float64 on the same file.
    expect(measurement?.metrics.sqnrDb).toBeCloseTo(19.313103467572084, 9);
    expect(measurement?.metrics.cosine).toBeCloseTo(0.9945826334274921, 12);
    expect(measurement?.metrics.maxAbs).toBe(0.10812443494796753);
    expect(measurement?.metrics.top1Agreement).toBe(0.875);
    expect(measurement?.reference.std).toBeCloseTo(0.2000458182438311, 12);
    expect(measurement?.perSampleSqnrDb[4]).toBeCloseTo(13.430527432769921, 9);
    expect(measurement?.score?.metrics.sqnrDb).toBeCloseTo(7.740176266639537, 9);
  });
});
