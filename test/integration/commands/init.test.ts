/** What `init` writes for files as users have them: roles of samples by name and content, the gate's own results left out, limits by what outputs hold. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { runCommand } from "../../support/command.ts";

const examples = fileURLToPath(new URL("../../../examples/", import.meta.url));
const work = mkdtempSync(join(tmpdir(), "trt-gate-init-"));
afterAll(() => rmSync(work, { recursive: true, force: true }));
let folders = 0;

/** A new folder with copies of files of the examples, by their new names. */
function folderOf(files: Readonly<Record<string, string>>): string {
  const cwd = join(work, String(folders++));
  for (const [name, from] of Object.entries(files)) {
    mkdirSync(dirname(join(cwd, name)), { recursive: true });
    cpSync(join(examples, from), join(cwd, name));
  }
  return cwd;
}

function initIn(cwd: string) {
  const { status, stderr } = runCommand(["init"], cwd);
  expect(status, stderr).toBe(0);
  const text = readFileSync(join(cwd, ".github/trt-gate.yml"), "utf8");
  return { told: stderr, text, models: parse(text).models };
}

const model = { "model.onnx": "classifier/model.onnx" };
const cache = { "model.cache": "classifier/model.cache" };
const note = { "model.cache.json": "classifier/model.cache.json" };
const calibration = "classifier/calibration.npy";
const validation = "classifier/validation.npy";
const random = { random: { seed: 0, samples: 16 } };

describe("samples", () => {
  it.each([
    [
      "the only set calibrates, where nothing else gives scales",
      { ...model, "samples.npy": calibration },
      { quantization: { data: "samples.npy" }, validation: random },
      "samples.npy is the only set of samples that fits, and it calibrates",
    ],
    [
      "the only set does not judge, where it made the cache",
      { ...model, ...cache, ...note, "pictures.npy": calibration },
      // 127 times the cache's scale of image.
      {
        quantization: { cache: "model.cache", data: "pictures.npy" },
        validation: { random: { ...random.random, low: -1.041, high: 1.041 } },
      },
      "pictures.npy made model.cache, and no other samples fit",
    ],
    [
      "the only set judges, where nothing says what made the cache",
      { ...model, ...cache, "pictures.npy": calibration },
      { quantization: { cache: "model.cache" }, validation: { data: "pictures.npy" } },
      "Nothing tells whether pictures.npy calibrated model.cache",
    ],
    [
      "a set of another name does not judge, where it holds the calibration samples",
      { ...model, "calibration.npy": calibration, "validation.npy": calibration },
      { quantization: { data: "calibration.npy" }, validation: random },
      "validation.npy holds samples of calibration.npy",
    ],
  ])("say so: %s", (_, files, wanted, said) => {
    const { told, text, models } = initIn(folderOf(files));
    expect(models).toEqual([{ path: "model.onnx", ...wanted, tolerance: expect.anything() }]);
    expect(told).toContain(`  ${said}`);
    expect(text).toContain(`    # ${said}`);
  });

  it("have their own roles beside each other in one folder, and the larger set without a name for it calibrates", () => {
    for (const [one, other] of [
      ["data/calibration.npy", "data/validation.npy"],
      ["a.npy", "b.npy"],
    ] as const) {
      const { text, models } = initIn(folderOf({ ...model, [one]: calibration, [other]: validation }));
      expect(models).toMatchObject([{ quantization: { data: one }, validation: { data: other } }]);
      expect(text).not.toMatch(/^ +#.*samples/m);
    }
  });

  it("that inputs made up are none", () => {
    const cwd = folderOf({ ...model, ...cache });
    expect(runCommand(["inputs", "model.onnx", "--samples", "16", "-o", "inputs.json"], cwd).status).toBe(0);
    const { told, models } = initIn(cwd);
    expect(models).toMatchObject([{ quantization: { cache: "model.cache" }, validation: random }]);
    expect(told).toContain("inputs.json was made up by");
  });
});

it("passes over a report of the gate in a folder of any name", () => {
  const cwd = folderOf({ ...model, "data/calibration.npy": calibration, "data/validation.npy": validation });
  const check = runCommand(
    ["check", "model.onnx", "--data", "data/calibration.npy", "--validation", "data/validation.npy", "--report-dir", "results/out"],
    cwd,
  );
  expect(check.status, check.stderr).toBe(0);
  const fixes = join(cwd, "results/out/fix/model-0123abcd");
  mkdirSync(fixes, { recursive: true });
  cpSync(join(cwd, "model.onnx"), join(fixes, "fixed.qdq.onnx"));
  // A file of the same name is no report.
  mkdirSync(join(cwd, "other"));
  writeFileSync(join(cwd, "other/report.json"), "{}");
  cpSync(join(cwd, "model.onnx"), join(cwd, "other/second.onnx"));
  const { told, models } = initIn(cwd);
  expect(told).toContain("Found 2 ONNX files, 0 calibration caches");
  expect(models.map(({ path }: { path: string }) => path)).toEqual(["model.onnx", "other/second.onnx"]);
});

it("leaves out no model because ONNX Runtime does not say the shapes of its FP8 tensors", () => {
  const cwd = folderOf({ "fp8.onnx": "../test/zoo/models/modelopt-fp8.onnx" });
  expect(initIn(cwd).models).toMatchObject([{ path: "fp8.onnx", validation: random }]);
});

it("gives random inputs the range that the model's own quantiser holds", () => {
  const cwd = folderOf({ "q.onnx": "../test/zoo/models/modelopt-int8.onnx" });
  // numpy: 127 times the scale of x's QuantizeLinear.
  expect(initIn(cwd).models).toMatchObject([{ validation: { random: { low: -0.9999, high: 0.9999 } } }]);
});

it("says of a model whose weights alone are quantised that it needs its float model", () => {
  const { text, models } = initIn(folderOf({ "int4.onnx": "../test/zoo/models/modelopt-int4.onnx" }));
  expect(models).toEqual([]);
  expect(text).toContain("# int4.onnx is not checked: it quantises weights alone");
});

describe("limits suit the outputs", () => {
  const sqnr = { "sqnr-db": { fail: 20, warn: 25 }, cosine: { fail: 0.997 } };
  const score = { score: { "sqnr-db": { fail: 5, warn: 10 } } };
  it.each([
    ["a classifier", "classifier", { ...sqnr, "top1-agreement": { fail: 0.8, warn: 0.95 }, ...score }],
    ["a detector with scores in one output", "detector", { ...sqnr, ...score }],
    ["a map of class numbers", "segmentation", { agreement: { fail: 0.99 } }],
  ])("of %s", (_, example, tolerance) => {
    const cwd = folderOf(
      Object.fromEntries(["model.onnx", "calibration.npy", "validation.npy"].map((name) => [name, `${example}/${name}`])),
    );
    expect(initIn(cwd).models.map((entry: { tolerance: unknown }) => entry.tolerance)).toEqual([tolerance]);
  });
});

it("writes what runs as it stands", () => {
  const cwd = folderOf({ ...model, "data/calibration.npy": calibration, "data/validation.npy": validation });
  initIn(cwd);
  const { status, stdout, stderr } = runCommand(["check"], cwd);
  expect([status, stdout], stderr).toEqual([0, expect.stringMatching(/^Safe to merge: /)]);
});
