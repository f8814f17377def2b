/** Samples beyond what the quantisers of a Q/DQ model hold: the cause leads with it, and the page says how much is cut off. */
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { realFiles } from "../../../src/effects/files.ts";
import { openSaved } from "../../../src/formats/open-saved.ts";
import { readTensor } from "../../../src/formats/stored-array.ts";
import { runCommand } from "../../support/command.ts";

const zoo = fileURLToPath(new URL("../../zoo/models/", import.meta.url));
const cwd = mkdtempSync(join(tmpdir(), "trt-gate-beyond-"));
beforeAll(() => cpSync(join(zoo, "ort-qdq-s8s8.onnx"), join(cwd, "m.onnx")));
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

/** The input's scale, read from the file by the onnx package in Python: x_scale. */
const scale = 0.030495842918753624;

it("are counted from scale and zero point, as those beyond a cache's scales are", async () => {
  runCommand(["inputs", "m.onnx", "--samples", "16", "--low", "-10", "--high", "10", "-o", "far.json"], cwd);
  const { stdout } = runCommand(["check", "m.onnx", "--validation", "far.json"], cwd);
  const files = realFiles(undefined, { record: () => undefined });
  const saved = await openSaved(join(cwd, "far.json"), files);
  const reader = await files.open(join(cwd, "far.json"));
  let [beyond, count] = [0, 0];
  for (const arrays of saved.runners[0]?.iterations ?? []) {
    const array = arrays.get("x");
    if (array === undefined) throw new Error("no x");
    for (const value of Array.from((await readTensor("x", array, reader)).data, Number)) {
      count++;
      if (value < -128 * scale || value > 127 * scale) beyond++;
    }
  }
  await reader.close();
  const said = `${Number(((100 * beyond) / count).toPrecision(3))} % of the values of the input "x" lie beyond its calibrated range`;
  expect(stdout.replaceAll(/\s+/g, " ")).toContain(`Cause in m: Check how the samples are prepared: ${said}`);
  const [model] = JSON.parse(readFileSync(join(cwd, "trt-gate-report/report.json"), "utf8")).models;
  const shares = model.layers.flatMap(({ histogram }: { histogram?: { saturatedShare?: number } }) => histogram?.saturatedShare ?? []);
  expect(shares.length).toBeGreaterThan(0);
  expect(Math.max(...shares)).toBeGreaterThan(0.3);
  expect(readFileSync(join(cwd, "trt-gate-report/report.html"), "utf8")).toContain("of the values lie beyond and saturate");
});
