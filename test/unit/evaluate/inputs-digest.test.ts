/** One hash over what a figure rests on: equal where nothing of it differs, wherever the files lie; another for each thing that does. */
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { ModelEntry } from "../../../src/config/settings.ts";
import { inputsDigest, type MeasuredWith } from "../../../src/evaluate/inputs-digest.ts";
import { modelSha256, stageModel } from "../../../src/onnx/stage.ts";
import { encode, externalTensor, modelProto, node } from "../../fakes/onnx-models.ts";
import { type RunEffects, runEffects } from "../../fakes/run-effects.ts";
import { entryOf } from "../../fakes/settings.ts";

let effects: RunEffects;
beforeEach(async () => {
  effects = await runEffects();
});
afterEach(() => effects.end());

const written = "quantization: {cache: m.cache}\nvalidation: {data: samples}\nkeep: m.keep.json";
const entry = entryOf(written);
const by: MeasuredWith = { lane: "simulate", versions: { onnxruntime: "1.30.0" }, gateVersion: "0.1.0", seed: 0 };

async function folder(name: string, changed: Readonly<Record<string, string | Uint8Array>> = {}): Promise<string> {
  const root = join(effects.folder, name);
  const model = encode(
    modelProto({ nodes: [node("MatMul", ["x", "w"], ["y"])], weights: [externalTensor("w", { location: "w.bin" })], outputs: ["y"] }),
  );
  const files = {
    "m.onnx": model,
    "w.bin": new Uint8Array(64),
    "m.cache": "cache",
    "m.keep.json": "{}",
    "samples/a.npy": "a",
    "samples/b/c.npy": "c",
  };
  await mkdir(join(root, "samples/b"), { recursive: true });
  for (const [path, content] of Object.entries({ ...files, ...changed })) await writeFile(join(root, path), content);
  return root;
}
const digest = async (root: string, more: Partial<ModelEntry> = {}, tools: Partial<MeasuredWith> = {}) =>
  await inputsDigest({ ...entry, ...more }, { root }, { ...by, ...tools }, effects.files);

it("is the same of the same files in another folder, and of an entry read again", async () => {
  const [one, other] = [await digest(await folder("one")), await digest(await folder("other"))];
  expect(one).toMatch(/^[0-9a-f]{64}$/);
  expect(other).toBe(one);
  expect(await digest(await folder("third"), entryOf(`${written}\ntask: {kind: detection}`))).toBe(one);
});

it("is another for every file, limit, tool and setting that a figure rests on", async () => {
  const root = await folder("one");
  const all = [
    await digest(root),
    await digest(await folder("weights", { "w.bin": new Uint8Array(64).fill(1) })),
    await digest(await folder("cache", { "m.cache": "other" })),
    await digest(await folder("keep", { "m.keep.json": "{ }" })),
    await digest(await folder("deep", { "samples/b/c.npy": "other" })),
    await digest(await folder("more", { "samples/d.npy": "a" })),
    await digest(root, entryOf(`${written}\nshapes: {x: [2, 4]}`)),
    await digest(root, entryOf(`${written}\ntolerance: {sqnr-db: {fail: 21}}`)),
    await digest(root, {}, { seed: 1 }),
    await digest(root, {}, { lane: "implicit" }),
    await digest(root, {}, { versions: { tensorrt: "10.13" } }),
    await digest(root, {}, { gateVersion: "0.2.0" }),
  ];
  expect(all).not.toContain(undefined);
  expect(new Set(all).size).toBe(all.length);
});

it("is unknown where a loader makes the samples, and where a file is not there", async () => {
  const root = await folder("one");
  expect(await digest(root, entryOf("quantization: {cache: m.cache}\nvalidation: {loader: load.py}"))).toBeUndefined();
  expect(await digest(root, entryOf("quantization: {loader: load.py}\nvalidation: {data: samples}"))).toBeUndefined();
  await rm(join(root, "w.bin"));
  expect(await digest(root)).toBeUndefined();
});

it("takes a model's hash from where it lies as from the copy that is measured", async () => {
  const root = await folder("one");
  const target = join(effects.folder, "staged");
  await mkdir(target);
  const staged = await stageModel({ path: join(root, "m.onnx"), folder: target, files: effects.files, trust: "local" });
  expect(await modelSha256(join(root, "m.onnx"), effects.files)).toBe(staged.sha256);
});
