/** Writes labels.json: `node test/verdicts/label.ts [MODEL…]`. Minutes of processor time; run where a case or a model is new. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { oraclePython } from "../../scripts/python-env.ts";
import { cacheOf, caseName, firstFresh, samplesFile } from "./build.ts";
import { type Labels, labelOf, labelsPath, limitsOf, readLabels } from "./labels.ts";
import { modelFile } from "./model-files.ts";
import { labelledModels } from "./models.ts";
import { quantizations } from "./quantizations.ts";

const freshSamples = 512;
const wanted = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), "labels-"));
const labels: Record<string, Labels[string]> = existsSync(labelsPath) ? { ...readLabels() } : {};
for (const model of labelledModels) {
  if (wanted.length > 0 && !wanted.includes(model.name)) continue;
  const data = join(folder, "fresh.npz");
  writeFileSync(data, samplesFile(model, firstFresh, freshSamples));
  const cases = Object.fromEntries(
    quantizations.map((quantization, i) => {
      const path = join(folder, `${i}.cache`);
      writeFileSync(path, cacheOf(model, quantization));
      return [caseName(model, quantization), path];
    }),
  );
  const script = fileURLToPath(new URL("./label.py", import.meta.url));
  const input = JSON.stringify({ model: modelFile(model), data, cases });
  const result = spawnSync(oraclePython(), [script], { input, encoding: "utf8", maxBuffer: 1 << 26 });
  if (result.status !== 0) throw new Error(`${model.name}: ${result.stderr.slice(-2000)}`);
  const measured: Labels = JSON.parse(result.stdout);
  Object.assign(labels, measured);
  for (const [name, outputs] of Object.entries(measured)) {
    const figures = Object.values(outputs);
    const words = limitsOf(figures).map((limits) => `${limits.name} (${limits.sqnrDb} dB) ${labelOf(figures, limits)}`);
    console.log(`${name}: ${words.join(", ")}; ${figures.map(({ sqnrDb }) => sqnrDb).join(", ")} dB`);
  }
  writeFileSync(labelsPath, `${JSON.stringify(labels, null, 1)}\n`);
}
rmSync(folder, { recursive: true });
