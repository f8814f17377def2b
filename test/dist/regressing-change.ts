/** A repository whose branch `topic` brings a model that INT8 ruins by one of its five convolutions: keeping that one mends it. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeNpz } from "../../src/formats/write-npz.ts";
import type { Tensor } from "../../src/model/tensor.ts";
import { outlierData, outlierModel } from "../fakes/outlier-model.ts";
import type { Repository } from "../fakes/repository.ts";

export const chainConfig = `version: 1
models:
  - name: chain
    path: models/chain.onnx
    quantization: {data: data/calibration.npz, algorithm: minmax, min-samples: 1}
    validation: {data: data/validation.npz}
    tolerance: {sqnr-db: {fail: 15}}
`;

/** The n-th half of the samples. */
const half = (all: Tensor, n: number): Tensor => {
  const [count = 0, ...rest] = all.shape;
  return { ...all, shape: [count / 2, ...rest], data: all.data.slice((n * all.data.length) / 2, ((n + 1) * all.data.length) / 2) };
};

/** Commits the base, with `more` files beside the configuration, and then the change on `topic`, which stays checked out. Gives the base commit. */
export function commitRegression(repository: Repository, more: Readonly<Record<string, string>> = {}): string {
  for (const folder of ["models", "data"]) mkdirSync(join(repository.folder, folder));
  writeFileSync(join(repository.folder, "models/chain.onnx"), "the model before the pull request");
  for (const [n, name] of ["calibration", "validation"].entries())
    writeFileSync(join(repository.folder, `data/${name}.npz`), writeNpz([half(outlierData(64), n)]));
  const base = repository.commit({ ".github/trt-gate.yml": chainConfig, ".gitignore": "trt-gate-report/\n", ...more });
  repository.git("checkout", "-q", "-b", "topic");
  writeFileSync(join(repository.folder, "models/chain.onnx"), outlierModel());
  repository.commit({});
  return base;
}
