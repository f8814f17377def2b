/**
 * Writes the committed caches that the labelled set starts from: `node test/verdicts/calibrate.ts`. Run once; a change of the calibration
 * must not move the labels.
 */
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cachePath, calibrationSamples, samplesFile } from "./build.ts";
import { modelFile } from "./model-files.ts";
import { labelledModels } from "./models.ts";
import type { Quantization } from "./quantizations.ts";

const cli = fileURLToPath(new URL("../../src/cli.ts", import.meta.url));
/** Pictures left in 0 to 255 where the network expects -1 to 1, or the reverse; bytes taken for text of one letter. */
const wrong = { direction: 127.5, detector: 127.5, recogniser: 127.5, pnet: 128, rnet: 128, onet: 128, nsfw: 1 / 128, magika: 0 } as const;

const recipes: readonly { readonly base: Quantization["base"]; readonly algorithm: string }[] = [
  { base: "minmax", algorithm: "minmax" },
  { base: "entropy", algorithm: "entropy" },
  { base: "wrong-input", algorithm: "minmax" },
];

const folder = mkdtempSync(join(tmpdir(), "labelled-"));
mkdirSync(fileURLToPath(new URL("./caches", import.meta.url)), { recursive: true });
for (const model of labelledModels) {
  copyFileSync(modelFile(model), join(folder, "model.onnx"));
  for (const { base, algorithm } of recipes) {
    const factor = base === "wrong-input" ? (new Map<string, number>(Object.entries(wrong)).get(model.name) ?? 1) : 1;
    writeFileSync(
      join(folder, "data.npz"),
      samplesFile(model, 0, calibrationSamples, (value) => value * factor),
    );
    const shapes = `${model.input}:${model.shape.join("x")}`;
    const args = [cli, "calibrate", "model.onnx", "--data", "data.npz", "--algorithm", algorithm, "--shapes", shapes, "-o", "made.cache"];
    const result = spawnSync(process.execPath, args, { cwd: folder, encoding: "utf8" });
    console.log(`${model.name} ${base}: exit ${result.status} ${result.status === 0 ? "" : result.stderr}`);
    if (result.status === 0) copyFileSync(join(folder, "made.cache"), cachePath(model.name, base));
  }
}
rmSync(folder, { recursive: true });
