/**
 * The whole gate on a real model: PP-OCR's text-direction classifier with the calibration cache that TensorRT 8.6 wrote for it, simulated on the CPU.
 * Leaves a report to look at. Its exit code is 0 when the gate did its work, whatever it thinks of the model.
 */
import { spawnSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { placeFixtureModel } from "./fixture-model.ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = "demo-report";
placeFixtureModel();
console.log("Checking the text-direction classifier: INT8 by TensorRT's calibration cache against the float model, 8 recorded images.\n");

const withSearch = process.argv.includes("--search");
const args = [
  join(root, "dist/cli.js"),
  "check",
  "--config",
  ".github/trt-gate.yml",
  "--lane",
  "simulate",
  "--changed-only",
  "false",
  "--report-dir",
  folder,
  // The search takes some seconds more: the last line says how to see it.
  ...(withSearch ? [] : ["--search", "off"]),
];
const startMs = performance.now();
const gate = spawnSync(process.execPath, [...args, ...process.argv.slice(2)], { cwd: root, stdio: "inherit" });
const seconds = ((performance.now() - startMs) / 1000).toFixed(1);

if (gate.status === 1) {
  console.log(`\nThe gate found a regression in ${seconds} s, as it should (exit code 1 would block the merge).`);
  console.log(
    `In ${folder}/: report.html to look at, comment.md as the pull request would show it, report.json for programs${withSearch ? ", fix/ with the precision scripts" : ""}.`,
  );
  console.log(
    withSearch
      ? `Next: open ${folder}/report.html, then run ${process.execPath} ${join(root, "dist/cli.js")} init in your own repository.`
      : `Next: npm run demo -- --search on-regression lets it also find, prove and write down the layers to keep in higher precision.`,
  );
} else {
  console.error(
    `\nThe demo expected a regression (exit code 1) and the gate ended with ${gate.status ?? gate.signal}. See its lines above.`,
  );
  process.exitCode = 5;
}
