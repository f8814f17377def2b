/** Small real models, their data and configuration for a repository. */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeNpy } from "../../src/formats/npy.ts";
import type { Repository } from "../fakes/repository.ts";
import { soundModel } from "../fakes/small-models.ts";

/** Sixteen samples of x [1, 4], spread evenly; those of another `phase` are other samples of the same range. */
function samples(phase: number): Uint8Array {
  const data = Float32Array.from({ length: 64 }, (_, i) => Math.sin(i * 1.7 + phase) * 2);
  return writeNpy({ name: "x", dtype: "float32", shape: [16, 4], data });
}

/** Puts `models/<name>.onnx` and their data into the repository's folder; commits nothing. */
export function writeModels({ folder }: Repository, names: readonly string[]): void {
  mkdirSync(join(folder, "models"), { recursive: true });
  mkdirSync(join(folder, "data"), { recursive: true });
  writeFileSync(join(folder, "data/x.npy"), samples(0));
  writeFileSync(join(folder, "data/unseen.npy"), samples(0.4));
  for (const name of names) writeFileSync(join(folder, `models/${name}.onnx`), soundModel());
}

/** One entry a name; `limit` is the least SQNR in dB that passes. */
export const configOf = (names: readonly string[], limit = 20, more = ""): string =>
  `version: 1\nmodels:\n${names
    .map(
      (name) => `  - name: ${name}
    path: models/${name}.onnx
    quantization: {data: data/x.npy, algorithm: minmax, min-samples: 1}
    validation: {data: data/unseen.npy}
    tolerance: {sqnr-db: {fail: ${limit}}}
    watch: [watched/${name}.txt]
${more}`,
    )
    .join("")}`;
