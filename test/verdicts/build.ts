/** Makes samples and caches of the labelled set as files, and the configuration that judges them all in one run. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { writeNpz } from "../../src/formats/write-npz.ts";
import type { LabelledModel } from "./models.ts";
import { changeScales, type Quantization, quantizations } from "./quantizations.ts";

export const calibrationSamples = 48;
/** Samples of a label are drawn from here on, those of validation draws below. */
export const firstFresh = 1_000_000;
/** Validation draw d takes samples from here on. */
export const firstOfDraw = (draw: number): number => 1000 * (draw + 1);

export const cachePath = (model: string, base: Quantization["base"]): string =>
  fileURLToPath(new URL(`./caches/${model}.${base}.cache`, import.meta.url));

/** An `.npz` of `count` samples from number `first` on, axis 0 counting samples. `change` alters each value. */
export function samplesFile(
  model: LabelledModel,
  first: number,
  count: number,
  change: (value: number) => number = (value) => value,
): Uint8Array {
  const [, ...rest] = model.shape;
  const size = rest.reduce((product, size) => product * size, 1);
  const probe = model.sample(first);
  const isFloat = probe instanceof Float32Array;
  const data = isFloat ? new Float32Array(count * size) : new Int32Array(count * size);
  for (let i = 0; i < count; i++) data.set(model.sample(first + i).map(change), i * size);
  return writeNpz([{ name: model.input, dtype: isFloat ? "float32" : "int32", shape: [count, ...rest], data }]);
}

export const caseName = (model: LabelledModel, quantization: Quantization): string => `${model.name}/${quantization.name}`;

export const casesOf = (
  models: readonly LabelledModel[],
): { readonly name: string; readonly model: LabelledModel; readonly quantization: Quantization }[] =>
  models.flatMap((model) => quantizations.map((quantization) => ({ name: caseName(model, quantization), model, quantization })));

export const cacheOf = (model: LabelledModel, quantization: Quantization): string =>
  changeScales(readFileSync(cachePath(model.name, quantization.base), "utf8"), quantization);
