/** The configuration that the README shows is taken as it stands: its files laid where it looks for them, the model is compared. */
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";
import { placeFixtureModel } from "../../scripts/fixture-model.ts";
import { runCommand } from "../support/command.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const recorded = join(root, "test/fixtures/tensorrt-8.6.1-h100");

it("compares the model that it describes", () => {
  const cwd = mkdtempSync(join(tmpdir(), "trt-gate-readme-"));
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
  const [, block = ""] = /^```yaml\n# \.github\/trt-gate\.yml\n([\s\S]*?)^```/m.exec(readFileSync(join(root, "README.md"), "utf8")) ?? [];
  for (const folder of [".github", "models", "calibration", "validation"]) mkdirSync(join(cwd, folder));
  writeFileSync(join(cwd, ".github/trt-gate.yml"), block);
  copyFileSync(placeFixtureModel(), join(cwd, "models/cls.onnx"));
  copyFileSync(join(recorded, "cls.calibration.cache"), join(cwd, "calibration/cls.cache"));
  copyFileSync(join(recorded, "validation.npz"), join(cwd, "validation/cls.npz"));
  const ran = runCommand(["check", "--lane", "simulate", "--search", "off"], cwd);
  const report = JSON.parse(readFileSync(join(cwd, "trt-gate-report/report.json"), "utf8"));
  expect(
    report.models.map(({ path, verdict, outputs }: { path: string; verdict: string; outputs: unknown[] }) => [
      path,
      verdict,
      outputs.length,
    ]),
    ran.stdout + ran.stderr,
  ).toEqual([["models/cls.onnx", "regression", 1]]);
});
