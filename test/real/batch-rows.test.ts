/** The same samples in batches of any size are judged alike: a loud row hides the lost ones in no batch. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { writeNpz } from "../../src/formats/write-npz.ts";
import { main } from "../../src/main.ts";
import { floatTensor } from "../../src/onnx/model.ts";
import { modelBytes, node } from "../fakes/onnx-models.ts";
import { type RunEffects, runEffects } from "../fakes/run-effects.ts";

let effects: RunEffects;
afterEach(() => effects.end());

/** Every fourth row is a thousand times as loud: the scale it asks for, about 8, rounds the others, at most 1, to zero. */
const rows = (phase: number) => ({
  name: "x",
  dtype: "float32" as const,
  shape: [64, 4],
  data: Float32Array.from({ length: 256 }, (_, i) => Math.sin(i * 1.7 + phase) * (i % 16 < 4 ? 1000 : 1)),
});

it.each([1, 2, 4, 8])("in batches of %i only the 16 loud rows of 64 are within the limits", async (batch) => {
  effects = await runEffects();
  const at = (name: string) => join(effects.cwd, name);
  await mkdir(at(".github"), { recursive: true });
  const w = floatTensor(
    "w",
    [4, 4],
    Float32Array.from({ length: 16 }, (_, i) => Math.cos(i * 2.3)),
  );
  await writeFile(
    at("m.onnx"),
    modelBytes({ nodes: [node("MatMul", ["x", "w"], ["y"])], weights: [w], inputs: { x: [batch, 4] }, outputs: ["y"] }),
  );
  await writeFile(at("x.npz"), writeNpz([rows(0)]));
  await writeFile(at("cal.npz"), writeNpz([rows(0.5)]));
  await writeFile(
    at(".github/trt-gate.yml"),
    "version: 1\nmodels:\n  - path: m.onnx\n    quantization: {data: cal.npz, algorithm: minmax, min-samples: 1}\n    validation: {data: x.npz}\n",
  );
  const [model] = (await main({ inputs: { lane: "simulate", search: "off" } }, effects)).report.models;
  expect(model).toMatchObject({ verdict: "regression", reason: "samples-within" });
  const { within, counted, ruined } = model?.outputs[0]?.samplesWithin ?? {};
  expect([within, counted]).toEqual([16, 64]);
  expect(ruined?.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 64 }, (_, row) => row).filter((row) => row % 4 !== 0));
});
