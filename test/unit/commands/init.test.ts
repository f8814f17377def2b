import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { run } from "../../../src/commands/init.ts";
import { resolveSettings } from "../../../src/config/resolve-settings.ts";
import { realWorkspace } from "../../../src/effects/workspace.ts";
import { runWords } from "./lines.ts";
import { ocrModel } from "./saved-commands.ts";

const recordings = new URL("../../fixtures/tensorrt-8.6.1-h100/", import.meta.url);
let cwd = "";

beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), "trt-gate-init-"));
  for (const folder of ["models", "calibration", "validation", "node_modules/x", ".hidden"])
    await mkdir(join(cwd, folder), { recursive: true });
  await copyFile(new URL("cls.calibration.cache", recordings), join(cwd, "calibration/a.cache"));
  await copyFile(new URL("validation.npz", recordings), join(cwd, "validation/b.npz"));
  for (const path of ["models/cls.onnx", "node_modules/x/other.onnx", ".hidden/secret.onnx"])
    await copyFile(ocrModel("ch_ppocr_mobile_v2.0_cls_infer.onnx"), join(cwd, path));
  await writeFile(join(cwd, "calibration/build.cache"), "no calibration cache");
  await symlink(join(cwd, "models/cls.onnx"), join(cwd, "models/link.onnx"));
});
afterEach(() => rm(cwd, { recursive: true, force: true }));

it("writes a configuration that settles, from the models, caches and samples that are there", async () => {
  const { exitCode, err } = await runWords(["init"], run, { cwd });
  expect(exitCode).toBe(0);
  expect(err).toContain("Found 1 ONNX file, 1 calibration cache, 1 source of samples.");
  expect(err).toContain("models/cls.onnx: cache calibration/a.cache, validation samples validation/b.npz");
  const text = await readFile(join(cwd, ".github/trt-gate.yml"), "utf8");
  const settings = resolveSettings({
    inputs: {},
    yaml: { path: ".github/trt-gate.yml", text },
    today: "2026-11-24",
    workspace: realWorkspace(cwd),
  });
  expect(settings.models).toMatchObject([
    { name: "cls", path: "models/cls.onnx", quantization: { cache: "calibration/a.cache" }, validation: { data: "validation/b.npz" } },
  ]);
  expect(settings.models[0]?.shapes.get("x")?.opt).toEqual([1, 3, 48, 192]);
  expect(await readFile(join(cwd, ".github/workflows/accuracy-gate.yml"), "utf8")).toContain("on: pull_request");
});

it("overwrites nothing", async () => {
  await mkdir(join(cwd, ".github"));
  await writeFile(join(cwd, ".github/trt-gate.yml"), "mine");
  const { err } = await runWords(["init"], run, { cwd });
  expect(await readFile(join(cwd, ".github/trt-gate.yml"), "utf8")).toBe("mine");
  expect(err).toContain(".github/trt-gate.yml is there already and stays as it is.");
});

it("does not write through a dangling link", async () => {
  await mkdir(join(cwd, ".github"));
  await symlink(join(cwd, "elsewhere.yml"), join(cwd, ".github/trt-gate.yml"));
  await runWords(["init"], run, { cwd });
  expect(await readdir(cwd)).not.toContain("elsewhere.yml");
});

it("prints instead of writing with --dry-run", async () => {
  const { out } = await runWords(["init", "--dry-run"], run, { cwd });
  expect(out).toContain("# .github/trt-gate.yml\n");
  expect(out).toContain("path: models/cls.onnx");
  expect(await readdir(cwd)).not.toContain(".github");
});

it("takes no samples whose shape the model does not run with", async () => {
  // Its sizes have to be multiples of 32, which no shape in the file says: the samples of 48 rows fit by name and rank only.
  await copyFile(ocrModel("ch_PP-OCRv4_det_infer.onnx"), join(cwd, "models/det.onnx"));
  await writeFile(join(cwd, "models/det.int8.onnx"), "no model");
  const { err } = await runWords(["init", "--dry-run"], run, { cwd });
  expect(err).toContain("models/det.onnx: left in comments: no calibration cache, calibration samples or Q/DQ model here fits it.");
  expect(err).toContain("models/cls.onnx: cache calibration/a.cache");
});

it("adds the report folder to .gitignore when asked, once", async () => {
  await writeFile(join(cwd, ".gitignore"), "*.tmp");
  expect((await runWords(["init"], run, { cwd })).err).toContain("trt-gate init --gitignore adds it");
  expect(await readFile(join(cwd, ".gitignore"), "utf8")).toBe("*.tmp");
  await runWords(["init", "--gitignore"], run, { cwd });
  await runWords(["init", "--gitignore"], run, { cwd });
  expect(await readFile(join(cwd, ".gitignore"), "utf8")).toBe("*.tmp\ntrt-gate-report/\n");
});
