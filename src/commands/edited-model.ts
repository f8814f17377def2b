/** The explicit model of a report with the kept units in float: its Q/DQ taken out, or left out where they come from a cache. */

import { resolve } from "node:path";
import { parseCache } from "../calibration/cache.ts";
import type { Effects } from "../effects/effects.ts";
import { ConfigError } from "../effects/failure.ts";
import type { Fix } from "../fix/artifact.ts";
import { placementAgain } from "../model/placement.ts";
import { encodeModel, insertQdq, removeUnitQdq } from "../onnx/edit.ts";
import type { OnnxModel } from "../onnx/model.ts";
import { readModel } from "../onnx/read.ts";
import { stageModel } from "../onnx/stage.ts";

/** `path`: the model to edit, instead of the one that the report names. ConfigError when it is another model, or holds no Q/DQ of a kept unit. */
export async function editedModel(path: string | undefined, fix: Fix, effects: Effects): Promise<Uint8Array> {
  const model = await openModel(path ?? fix.qdqPath ?? fix.model.path, fix, effects);
  if (fix.cachePath !== undefined) return encodeModel(await insertFromCache(model, fix, fix.cachePath, effects));
  const kept = fix.kept.map(({ unit }) => unit);
  return encodeModel(await removeUnitQdq(model, kept, effects.files, await floatModel(fix, effects)));
}

async function openModel(path: string, fix: Fix, { files, cwd }: Effects): Promise<OnnxModel> {
  const absolute = resolve(cwd, path);
  if (!(await files.stat(absolute))) throw new ConfigError(`${path} is not there; name the model of '${fix.model.name}' with --onnx.`);
  const staged = await stageModel({ path: absolute, shownAs: path, folder: await files.makeTempFolder("fix-"), files, trust: "local" });
  if (fix.qdqPath === undefined && staged.sha256 !== fix.model.sha256)
    throw new ConfigError(`${path} has SHA-256 ${staged.sha256}, the report is about ${fix.model.sha256}. Check the model again.`);
  return await readModel(staged.modelPath, files, { shownAs: path });
}

/** The float model beside a Q/DQ model: its weights are those that the kept units were proved with. */
async function floatModel({ qdqPath, model }: Fix, { files, cwd }: Effects): Promise<OnnxModel | undefined> {
  if (qdqPath === undefined) return undefined;
  const staged = await stageModel({
    path: resolve(cwd, model.path),
    shownAs: model.path,
    folder: await files.makeTempFolder("fix-"),
    files,
    trust: "local",
  });
  if (staged.sha256 !== model.sha256)
    throw new ConfigError(`${model.path} has SHA-256 ${staged.sha256}, the report is about ${model.sha256}. Check the model again.`);
  return await readModel(staged.modelPath, files, { shownAs: model.path });
}

/** Only the units that stay quantised get Q/DQ: taken out again afterwards, they would leave rounded weights. */
async function insertFromCache(model: OnnxModel, { kept, placement }: Fix, cachePath: string, { files, cwd }: Effects): Promise<OnnxModel> {
  const absolute = resolve(cwd, cachePath);
  if (!(await files.stat(absolute)))
    throw new ConfigError(`${cachePath} is not there; run from the folder that the report's paths begin at.`);
  const { scales } = parseCache(await files.readText(absolute), cachePath);
  const keep = new Set(kept.map(({ unit }) => unit));
  return (await insertQdq(model, scales, files, { keep, placement: placementAgain(placement) })).model;
}
