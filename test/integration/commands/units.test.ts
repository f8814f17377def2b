/** Units of a quantised model are counted once: `inspect`, the report's coverage and its search say the same number. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, expect, it } from "vitest";
import { runCommand } from "../../support/command.ts";

const zoo = fileURLToPath(new URL("../../zoo/models/", import.meta.url));
const cwd = mkdtempSync(join(tmpdir(), "trt-gate-units-"));
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

// Nodes that read a DequantizeLinear, those of them that are Conv, Gemm or MatMul, and all such: counted by the onnx package in Python.
it.each([
  ["modelopt-int8", 7, 3, 4],
  ["ort-qdq-only-conv", 6, 3, 4],
])("of %s", (name, units, quantized, compute) => {
  const model = join(zoo, `${name}.onnx`);
  const inspected = JSON.parse(runCommand(["inspect", model, "--json"], cwd).stdout);
  expect(inspected.units).toHaveLength(units);
  expect(inspected.floatNodes).toEqual(["classifier"]);
  runCommand(["inputs", model, "--samples", "2", "--low", "-1", "-o", `${name}.json`], cwd);
  runCommand(["check", model, "--validation", `${name}.json`, "--search", "always", "--report-dir", name], cwd);
  const { coverage, search } = JSON.parse(readFileSync(join(cwd, name, "report.json"), "utf8")).models[0];
  expect(coverage).toMatchObject({ units, quantizedUnits: quantized, totalUnits: compute });
  expect(search.units).toBe(units);
  const { stdout } = runCommand(["render", join(name, "report.json"), "--as", "comment"], cwd);
  expect(stdout).toContain(`${units} units that can change precision; ${quantized} of ${compute} compute nodes quantised`);
  expect(runCommand(["inspect", model], cwd).stdout).toContain(`${units} units that can change precision: ${quantized} compute nodes, `);
});
