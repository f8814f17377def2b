/** Other ways to quantise, tried on the real classifier where keeping units in higher precision cannot help. */
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { prepareSimulate } from "../../src/lanes/simulate/simulate.ts";
import { main } from "../../src/main.ts";
import { fromNum, type ModelReport } from "../../src/report/schema.ts";
import { foldedBytes, qdqBytes } from "../fakes/qdq-models.ts";
import { type RunEffects, runEffects } from "../fakes/run-effects.ts";
import { classifier, pairsOf, recorded, simulateJob, sqnrDb, withLane } from "../fakes/simulate-job.ts";

let effects: RunEffects;
afterEach(() => effects.end());

const cache = join(recorded, "cls.calibration.cache");

async function check(quantization: string, weights: "per-channel" | "per-tensor", failDb: number): Promise<ModelReport> {
  effects = await runEffects();
  const at = (name: string) => join(effects.cwd, name);
  await mkdir(at(".github"));
  await writeFile(at("cls.onnx"), await foldedBytes(classifier, effects.files));
  for (const name of ["cls.calibration.cache", "validation.npz", "calibration.npz"]) await copyFile(join(recorded, name), at(name));
  await writeFile(at("cls.qdq.onnx"), await qdqBytes(classifier, cache, weights, effects.files));
  const entry = `{name: cls, path: cls.onnx, shapes: {x: [1, 3, 48, 192]}, quantization: ${quantization}, validation: {data: validation.npz}, tolerance: {sqnr-db: {fail: ${failDb}}}}`;
  await writeFile(at(".github/trt-gate.yml"), `version: 1\nmodels: [${entry}]\n`);
  const [model] = (await main({ inputs: { lane: "simulate", seed: "3" } }, effects)).report.models;
  if (model === undefined) throw new Error("no model was checked");
  return model;
}

describe("a diffuse error", () => {
  it("of a Q/DQ model with one scale a weight is told by how much per-channel weights help: what such a model measures", async () => {
    const model = await check("{qdq: cls.qdq.onnx}", "per-tensor", 26);
    expect(model.search?.outcome).toBe("diffuse");
    const advice = model.advice.find(({ rule }) => rule === "scheme");
    expect(advice).toMatchObject({ rule: "scheme", evidence: { scheme: "per-channel weights" } });
    expect(model.advice.map(({ rule }) => rule)).toContain("weight-channels");
    const tried = model.search?.probes.find(({ phase, note }) => phase === "advice" && note !== undefined);
    expect(fromNum(tried?.sqnrDb ?? "NaN")).toBeGreaterThan(fromNum(model.search?.probes[0]?.sqnrDb ?? "NaN") + 0.5);
  });

  it("of a model with a cache and data is told what the other calibrations give", async () => {
    const model = await check("{cache: cls.calibration.cache, data: calibration.npz}", "per-channel", 34);
    expect(model.search?.outcome).toBe("diffuse");
    const tried = model.search?.probes.filter(({ phase, note }) => phase === "advice" && note !== undefined);
    expect(tried).toHaveLength(3);
    const said = model.advice.filter(({ rule }) => rule.startsWith("scheme")).map(({ text }) => text);
    for (const scheme of ["percentile", "entropy", "minmax"])
      expect(said.filter((text) => text.includes(`${scheme} calibration`))).toHaveLength(1);
    expect(model.advice.map(({ rule }) => rule)).not.toContain("no-data");
    // Kinds of units that often quantise badly were tried too: this model has squeeze-and-excite gates.
    expect(model.advice.map(({ text }) => text).join("\n")).toContain("squeeze-and-excite");
  });

  it("of a model with a cache alone is told that nothing could be tried, and what to give", async () => {
    const model = await check("{cache: cls.calibration.cache}", "per-channel", 34);
    expect(model.search?.outcome).toBe("diffuse");
    expect(model.advice.find(({ rule }) => rule === "no-data")?.text).toContain("quantization.data");
  });
});

describe("per-channel weights", () => {
  it("turn a per-tensor Q/DQ model into what its per-channel twin computes", async () => {
    effects = await runEffects();
    const figures: number[] = [];
    for (const [file, weights, tried] of [
      ["a.onnx", "per-tensor", undefined],
      ["a.onnx", "per-tensor", "per-channel"],
      ["b.onnx", "per-channel", undefined],
    ] as const) {
      const qdq = join(effects.folder, file);
      await effects.files.writeBytes(qdq, await qdqBytes(classifier, cache, weights, effects.files));
      const model = join(effects.folder, "cls.onnx");
      await effects.files.writeBytes(model, await foldedBytes(classifier, effects.files));
      const staged = await simulateJob({
        model,
        shapes: { x: [1, 3, 48, 192] },
        qdq,
        validation: join(recorded, "validation.npz"),
      });
      const quantization = { ...staged.job.quantization, ...(tried === undefined ? {} : { weights: tried }) };
      figures.push(await withLane({ ...staged, job: { ...staged.job, quantization } }, async (lane) => sqnrDb(await pairsOf(lane))));
    }
    const [perTensor = Number.NaN, tried = Number.NaN, perChannel = Number.NaN] = figures;
    expect(tried - perTensor).toBeGreaterThan(0.5);
    expect(Math.abs(tried - perChannel)).toBeLessThan(0.01);
  });

  it("cannot be tried where each weight has a scale per channel already", async () => {
    effects = await runEffects();
    const qdq = join(effects.folder, "b.onnx");
    await effects.files.writeBytes(qdq, await qdqBytes(classifier, cache, "per-channel", effects.files));
    const validation = join(recorded, "validation.npz");
    const staged = await simulateJob({ model: classifier, shapes: { x: [1, 3, 48, 192] }, qdq, validation });
    const quantization = { ...staged.job.quantization, weights: "per-channel" } as const;
    await expect(prepareSimulate({ ...staged.job, quantization })).rejects.toThrow(/has a scale per channel already/);
    await staged.effects.end();
  });
});
