/**
 * Writes the models and samples of examples/, a few kilobytes each; the configurations and READMEs beside them are written by hand.
 * Usage: node scripts/examples.ts
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeNpy } from "../src/formats/npy.ts";
import { writeNpz } from "../src/formats/write-npz.ts";
import { classifier, detector, perceptron, samples, segmentation, sentences, transformer } from "./example-models.ts";

/** Path below examples/ -> content. The same bytes on every machine. */
export function exampleFiles(): Readonly<Record<string, Uint8Array>> {
  const npy = (name: string, count: number, shape: readonly number[], seed: number) => writeNpy(samples(name, count, shape, seed));
  const quiet = perceptron(21, 1);
  const loud = perceptron(22, 100);
  const validation = samples("x", 64, [16], 32);
  const rows = Array.from({ length: 64 }, (_, i) => Float32Array.from(validation.data as Float32Array).subarray(i * 16, (i + 1) * 16));
  return {
    "classifier/model.onnx": classifier(),
    "classifier/calibration.npy": npy("image", 48, [3, 12, 12], 11),
    "classifier/validation.npy": npy("image", 32, [3, 12, 12], 12),
    "detector/model.onnx": detector(),
    "detector/calibration.npy": npy("image", 64, [3, 8, 8], 13),
    "detector/validation.npy": npy("image", 32, [3, 8, 8], 14),
    "segmentation/model.onnx": segmentation(),
    "segmentation/calibration.npy": npy("image", 48, [3, 12, 12], 15),
    "segmentation/validation.npy": npy("image", 32, [3, 12, 12], 16),
    "custom-metric/model.onnx": loud.bytes,
    "custom-metric/calibration.npy": npy("x", 64, [16], 31),
    "custom-metric/validation.npy": writeNpy(validation),
    "custom-metric/labels.json": Buffer.from(`${JSON.stringify(rows.map(loud.classOf))}\n`),
    "monorepo/speech/model.onnx": quiet.bytes,
    "monorepo/speech/calibration.npy": npy("x", 64, [16], 33),
    "monorepo/speech/validation.npy": npy("x", 32, [16], 34),
    "monorepo/vision/model.onnx": detector(),
    "monorepo/vision/calibration.npy": npy("image", 64, [3, 8, 8], 35),
    "monorepo/vision/validation.npy": npy("image", 32, [3, 8, 8], 36),
    "forks/model.onnx": quiet.bytes,
    "forks/calibration.npy": npy("x", 64, [16], 37),
    "forks/validation.npy": npy("x", 32, [16], 38),
    "transformer/model.onnx": transformer(),
    "transformer/calibration.npz": writeNpz(sentences(64, 51)),
    "transformer/validation.npz": writeNpz(sentences(72, 52)),
    "given-engines/model.onnx": classifier(),
    "given-engines/calibration.npy": npy("image", 48, [3, 12, 12], 11),
    "given-engines/validation.npy": npy("image", 32, [3, 12, 12], 12),
  };
}

if (import.meta.main) {
  const root = join(dirname(dirname(fileURLToPath(import.meta.url))), "examples");
  for (const [path, bytes] of Object.entries(exampleFiles())) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), bytes);
  }
}
