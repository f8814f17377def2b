/** Faults of a calibration cache: `cache check` finds them, and a check of the model is undecided or renews the scales, never a pass with them. */
import { readFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writeNpz } from "../../src/formats/write-npz.ts";
import { outlierData } from "../fakes/outlier-model.ts";
import { config, soundConfig, type Workplace, workplace } from "./workplace.ts";

let place: Workplace;
beforeEach(async () => {
  place = await workplace();
  await place.trtGate("calibrate", "models/m.onnx", "--data", "data/calibration.npz", "--algorithm", "minmax", "-o", "m.cache");
  await place.put(config, soundConfig.replace("data: data/calibration.npz\n      min-samples: 1", "cache: m.cache"));
});
afterEach(() => place.end());

/** Edits the cache, and says what `cache check` and a check of the model say of it. */
async function spoil(edit: (text: string) => string | Uint8Array) {
  await place.put("m.cache", edit(await readFile(place.at("m.cache"), "utf8")));
  const found = await place.trtGate("cache", "check", "m.cache", "models/m.onnx");
  return { found, checked: await place.check() };
}

it("the sound cache fits", async () => {
  const { found, checked } = await spoil((text) => text);
  expect([found.exitCode, checked.exitCode]).toEqual([0, 0]);
});

it.each([
  ["calibration cache with a conflicting second entry", (text: string) => `${text}x: 3f800000\n`, "has scale 1, and"],
  ["calibration cache cut in the middle of a number", (text: string) => text.slice(0, -4), "is not"],
  ["calibration cache without a header", (text: string) => text.split("\n").slice(1).join("\n"), "TRT-<version>"],
  ["calibration cache without an entry for a compute input", (text: string) => text.replace(/^x: .*\n/m, ""), "without a scale"],
  ["calibration cache with a byte order mark", (text: string) => `\uFEFF${text}`, "a byte order mark stands before TRT-"],
  ["calibration cache with a negative scale", (text: string) => text.replace(/^x: .*$/m, "x: bf800000"), "which is no scale"],
  ["calibration cache in UTF-16", (text: string) => Buffer.from(`\uFEFF${text}`, "utf16le"), "no header"],
  ["calibration cache with NaN", (text: string) => text.replace(/^x: .*$/m, "x: 7fc00000"), "NaN"],
  ["calibration cache without any entry", (text: string) => `${text.split("\n")[0]}\n`, "no scale"],
])("%s", async (_, edit, message) => {
  const { found, checked } = await spoil(edit);
  expect(`${found.out}${found.log}`).toContain(message);
  expect(found.exitCode).toBe(1);
  expect(checked.report?.models[0]).toMatchObject({ verdict: "undecided", reason: "stale-cache" });
  expect(checked.exitCode).toBe(4);
});

it("calibration cache that is a Git LFS pointer", async () => {
  const { found, checked } = await spoil(() => `version https://git-lfs.github.com/spec/v1\noid sha256:${"0".repeat(64)}\nsize 12\n`);
  expect([found.exitCode, checked.exitCode]).toEqual([2, 2]);
  expect(checked.report?.models[0]?.message).toMatch(/m\.cache is a Git LFS pointer.*lfs: true/);
});

it("calibration cache of another model", async () => {
  const { found, checked } = await spoil((text) => text.replace(/^(?!TRT-)/gm, "other_").replace(/^other_$/m, ""));
  expect(found.out).toMatch(/for 0 of 5 compute inputs of m\.onnx\.[\s\S]*x {2}read by c1/);
  expect(found.exitCode).toBe(1);
  expect(checked.report?.models[0]).toMatchObject({ verdict: "undecided", reason: "stale-cache", outputs: [] });
  expect(checked.report?.models[0]?.message).toContain("m.cache");
  expect(checked.exitCode).toBe(4);
});

/** The cache and its note stay, and another model is what the note names. */
async function ofOtherModel(edit: (text: string) => string) {
  const note = JSON.parse(await readFile(place.at("m.cache.json"), "utf8"));
  await place.put("m.cache.json", JSON.stringify({ ...note, modelSha256: "ab".repeat(32) }));
  return await spoil(edit);
}
const renew = "trt-gate calibrate models/m.onnx --data FILE --algorithm minmax -o m.cache";
const failsAt20 = () =>
  readFile(place.at(config), "utf8").then((text) => place.put(config, text.replace("max-abs: {fail: 100000}", "sqnr-db: {fail: 20}")));

it("calibration cache older than the model", async () => {
  const { found, checked } = await ofOtherModel((text) => text);
  const why = /calibrated for a model with SHA-256 abababababab…, this one has [0-9a-f]{12}…/;
  expect(found.out).toMatch(new RegExp(`The cache does not fit the model \\(${why.source}\\); calibrate anew\\.\n$`));
  expect(found.exitCode).toBe(1);
  const [model] = checked.report?.models ?? [];
  expect(model).toMatchObject({
    verdict: "pass",
    caveats: expect.arrayContaining([expect.objectContaining({ reason: "stale-scales" })]),
    warnings: [expect.stringMatching(why)],
    quantization: { source: "m.cache", stale: expect.any(String) },
    advice: expect.arrayContaining([{ rule: "stale-cache", text: expect.stringContaining(renew), evidence: expect.anything() }]),
  });
  expect(checked.out).toContain(`\nNext: ${renew}\n`);
  expect(checked.exitCode).toBe(0);
});

it("calibration cache older than the model, with which it fails", async () => {
  await failsAt20();
  const { checked } = await ofOtherModel((text) => text.replace(/^t1: .*$/m, "t1: 38000000"));
  const [model] = checked.report?.models ?? [];
  expect(model).toMatchObject({ verdict: "regression", message: expect.stringContaining(`Calibrate anew first (${renew})`) });
  expect(model?.advice[0]).toMatchObject({ rule: "stale-cache" });
  expect(checked.out.replaceAll(/\s+/g, " ")).toContain(
    "Cause in m: m.cache was made for another version of the model (its note says so).",
  );
  expect(checked.out).toContain(`\nNext: ${renew}\n`);
});

it("calibration cache older than the model, beside calibration data", async () => {
  const given = "cache: m.cache\n      data: data/calibration.npz\n      algorithm: minmax\n      min-samples: 8";
  await place.put(config, (await readFile(place.at(config), "utf8")).replace("cache: m.cache", given));
  const { checked } = await ofOtherModel((text) => text.replace(/^t1: .*$/m, "t1: 38000000"));
  const command = "trt-gate calibrate models/m.onnx --data data/calibration.npz --algorithm minmax -o m.cache";
  const [renewed] = checked.report?.models ?? [];
  expect(renewed).toMatchObject({
    verdict: "pass",
    caveats: [{ reason: "cache-renewed", message: expect.stringContaining("m.cache was made for another version of the model") }],
    quantization: { cacheHeader: null, samples: 8, stale: expect.any(String) },
  });
  expect(checked.out).toContain(`\nNext: ${command}\n`);
  // As it says, and all is well with the very same figures.
  expect((await place.trtGate(...command.split(" ").slice(1))).exitCode).toBe(0);
  const after = await place.check();
  expect(after.report?.models[0]).toMatchObject({ verdict: "pass", quantization: { source: "m.cache", stale: null } });
  expect(after.report?.models[0]?.caveats ?? []).toEqual([]);
  expect(after.report?.models[0]?.outputs).toEqual(renewed?.outputs);
});

describe("validation samples that made the cache", () => {
  const validation = (first: number, count: number) => place.put("data/validation.npz", writeNpz([outlierData(count, 4, 4, first)]));
  const judged = async () => (await place.check()).report?.models[0];

  it("are found with the cache alone, in whatever file and order they lie", async () => {
    await place.put("data/calibration.npz", undefined);
    // Samples 3 to 11, of which those up to 7 calibrated.
    await validation(3, 9);
    expect(await judged()).toMatchObject({
      verdict: "undecided",
      reason: "validation-is-calibration",
      message: expect.stringContaining("5 of 9 validation samples are calibration samples"),
    });
    await validation(4, 9);
    expect(await judged()).toMatchObject({
      verdict: "pass",
      caveats: [{ reason: "weak-evidence", message: expect.stringContaining("4 of 9 samples are calibration samples too") }],
    });
    await validation(8, 16);
    expect(await judged()).toMatchObject({ verdict: "pass", validation: { inCalibration: 0, weak: [] } });
  });

  it("are not known where nothing says what made the cache", async () => {
    const { rows, ...older } = JSON.parse(await readFile(place.at("m.cache.json"), "utf8"));
    expect(rows).toHaveLength(8);
    await validation(0, 8);
    for (const note of [JSON.stringify(older), undefined]) {
      await place.put("m.cache.json", note);
      const model = await judged();
      expect(model?.verdict).toBe("pass");
      expect(model?.validation).not.toHaveProperty("inCalibration");
    }
  });
});

it("calibration cache from made-up samples", async () => {
  await place.trtGate("inputs", "models/m.onnx", "--samples", "8", "-o", "made.json");
  const { log } = await place.trtGate("calibrate", "models/m.onnx", "--data", "made.json", "-o", "m.cache");
  expect(log).toContain("warning: made.json holds random numbers that trt-gate inputs made up");
  expect((await place.check()).report?.models[0]?.warnings).toContainEqual(
    expect.stringMatching(/^m\.cache is calibrated on random numbers/),
  );
});
