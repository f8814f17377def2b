/** A model whose only error is the step of its input's scale, so that numpy says what each cache gives: y = x · I, [n, 4]. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeCache } from "../../src/calibration/cache.ts";
import { writeNpy } from "../../src/formats/npy.ts";
import { floatTensor } from "../../src/onnx/model.ts";
import { modelBytes, node } from "./onnx-models.ts";

/**
 * SQNR in dB by the scale in 127ths, as numpy 2.3 has it of `validation`, with s = np.float32(k / 127):
 * `q = np.clip(np.rint(x / s), -128, 127) * s; 10 * np.log10((x.astype(float)**2).sum() / ((x - q).astype(float)**2).sum())`.
 */
export const numpyDb = { 2: 50.0, 3: 46.1, 8: 37.8, 16: 31.8 } as const;

const identity = floatTensor(
  "w",
  [4, 4],
  Float32Array.from({ length: 16 }, (_, i) => (i % 5 === 0 ? 1 : 0)),
);

export const identityModel = (): Uint8Array =>
  modelBytes({ nodes: [node("MatMul", ["x", "w"], ["y"], "product")], weights: [identity], inputs: { x: [1, 4] }, outputs: ["y"] });

/** The same of samples that reach a quarter. */
export const numpyDbOfQuiet = { 2: 31.8, 8: 20.2 } as const;

/** `reach`: of the samples. */
export const validation = (reach = 2): Uint8Array =>
  writeNpy({ name: "x", dtype: "float32", shape: [48, 4], data: Float32Array.from({ length: 192 }, (_, i) => Math.sin(i * 1.7) * reach) });

/** h = x · I, y = h · I. */
export const twoProducts = (): Uint8Array =>
  modelBytes({
    nodes: [node("MatMul", ["x", "w"], ["h"], "first"), node("MatMul", ["h", "w"], ["y"], "second")],
    weights: [identity],
    inputs: { x: [1, 4] },
    outputs: ["y"],
  });

/** `step`: the input's scale in 127ths; the samples reach 2. `others`: further tensors', likewise. */
export const cacheOf = (step: number, others: Readonly<Record<string, number>> = {}): string =>
  writeCache({
    version: "8601",
    algorithm: "EntropyCalibration2",
    scales: new Map([["x", step / 127], ["y", 2 / 127], ...Object.entries(others).map(([tensor, own]) => [tensor, own / 127] as const)]),
  });

/** The entry of one model `m`; `more` are further lines of it. */
export const scaledConfig = (more = "", cache = "m.cache"): string => `version: 1
models:
  - path: m.onnx
    quantization: {cache: ${cache}}
    validation: {data: validation.npy}
${more}`;

/** Writes model, samples, cache and configuration; commits nothing. */
export function writeScaled(folder: string, step: number, more = ""): void {
  mkdirSync(join(folder, ".github"), { recursive: true });
  writeFileSync(join(folder, "m.onnx"), identityModel());
  writeFileSync(join(folder, "validation.npy"), validation());
  writeFileSync(join(folder, "m.cache"), cacheOf(step));
  writeFileSync(join(folder, ".gitignore"), "trt-gate-report/\n");
  writeFileSync(join(folder, ".github/trt-gate.yml"), scaledConfig(more));
}
