/** Q/DQ as ModelOpt and TensorRT's tools write it; the right figures are Python ONNX Runtime's (test/fixtures/modelopt-forms/make.py). */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { prepareSimulate } from "../../src/lanes/simulate/simulate.ts";
import { pairsOf, simulateJob, sqnrDb, withLane } from "../fakes/simulate-job.ts";
import made from "../fixtures/modelopt-forms/figures.json" with { type: "json" };

const folder = join(import.meta.dirname, "../fixtures/modelopt-forms");
const job = (model: string, qdq?: string) =>
  simulateJob({
    model: join(folder, `${model}.onnx`),
    shapes: { x: [1, 3, 4, 4] },
    validation: join(folder, "x.npz"),
    ...(qdq === undefined ? {} : { qdq: join(folder, `${qdq}.onnx`) }),
  });
const forms = Object.entries(made.sqnrDb);
const keepAll = { int4: 1, "int4.trt": 1 } as Readonly<Record<string, number>>;

describe.each(forms)("%s", (name, right) => {
  it("has ONNX Runtime's figure against the float model", async () => {
    await withLane(await job("float", name), async (lane) => {
      expect(Math.abs(sqnrDb(await pairsOf(lane)) - right)).toBeLessThan(0.05);
      expect(lane.coverage.quantizedUnits).toBe(keepAll[name] ?? 2);
    });
  });

  it("loses its error with every unit kept, but for half precision's own", async () => {
    await withLane(await job("float", name), async (lane) => {
      const keep = new Set(lane.units.map(({ id }) => id));
      expect(sqnrDb(await pairsOf(lane, { keep }))).toBeGreaterThan(name.startsWith("int8") ? 55 : 90);
    });
  });
});

describe("alone", () => {
  it.each(["int8.half", "int8.casts", "fp8", "fp8.trt"])(
    "%s is judged by its activations, in the type that it computes in",
    async (name) => {
      await withLane(await job(name), async (lane) => {
        const plain = sqnrDb(await pairsOf(lane));
        expect(plain).toBeGreaterThan(made.sqnrDb[name as keyof typeof made.sqnrDb]);
        expect(plain).toBeLessThan(60);
        expect(sqnrDb(await pairsOf(lane, { keep: new Set(lane.units.map(({ id }) => id)) }))).toBeGreaterThan(90);
      });
    },
  );

  it.each(["int4", "int4.trt"])(
    "%s is undecided: nothing but its weights is quantised, and they are known as integers only",
    async (name) => {
      const staged = await job(name);
      const failure = await prepareSimulate(staged.job).catch((error: unknown) => error);
      await staged.effects.end();
      expect(failure).toMatchObject({ reason: "quantization-form" });
      expect(String(failure)).toMatch(/nothing but the weights of 1 nodes \(first 'product'\)/);
    },
  );
});
