/** Samples beyond what the quantisers of a Q/DQ model hold: the cause leads with it, and the page says how much is cut off. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { writeNpz } from "../../../src/formats/write-npz.ts";
import { runCommand } from "../../support/command.ts";

const zoo = fileURLToPath(new URL("../../zoo/models/", import.meta.url));
const cwd = mkdtempSync(join(tmpdir(), "trt-gate-beyond-"));
beforeAll(() => cpSync(join(zoo, "ort-qdq-s8s8.onnx"), join(cwd, "m.onnx")));
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

/** The input's scale, read from the file by the onnx package in Python: x_scale. */
const scale = 0.030495842918753624;

it("are counted from scale and zero point, as those beyond a cache's scales are", () => {
  const values = Float32Array.from({ length: 16 * 3 * 16 * 16 }, (_, i) => 10 * Math.sin(i * 12.9898 + (i % 17)));
  writeFileSync(join(cwd, "far.npz"), writeNpz([{ name: "x", dtype: "float32", shape: [16, 3, 16, 16], data: values }]));
  const { stdout } = runCommand(["check", "m.onnx", "--validation", "far.npz"], cwd);
  const beyond = values.filter((value) => value < -128 * scale || value > 127 * scale).length;
  const said = `${Number(((100 * beyond) / values.length).toPrecision(3))} % of the values of the input "x" lie beyond its calibrated range`;
  expect(stdout.replaceAll(/\s+/g, " ")).toContain(`Cause in m: Check how the samples are prepared: ${said}`);
  const [model] = JSON.parse(readFileSync(join(cwd, "trt-gate-report/report.json"), "utf8")).models;
  const shares = model.layers.flatMap(({ histogram }: { histogram?: { saturatedShare?: number } }) => histogram?.saturatedShare ?? []);
  expect(shares.length).toBeGreaterThan(0);
  expect(Math.max(...shares)).toBeGreaterThan(0.3);
  expect(readFileSync(join(cwd, "trt-gate-report/report.html"), "utf8")).toContain("of the values lie beyond and saturate");
});
