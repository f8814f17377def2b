/** Whether the samples that would judge a model are those that calibrate it, by what they hold. Reads samples; which files have which role is config/init-pairs.ts. */
import { join } from "node:path";
import type { FoundCache } from "../config/init-facts.ts";
import type { PairedModel } from "../config/init-pairs.ts";
import type { Effects } from "../effects/effects.ts";
import { ConfigError, FileError, ToolError } from "../effects/failure.ts";
import { modelInputs, resolveInputs } from "../onnx/inputs.ts";
import { readModel } from "../onnx/read.ts";
import { openFeeds } from "../samples/feeds.ts";
import { type Fingerprint, fingerprinted, mostCompared, overlapOf } from "../samples/fingerprints.ts";
import { completeShapes } from "../samples/observed-shapes.ts";

/** Each is looked for among all that calibrate, so that a few tell of all. */
const mostLookedAt = 64;

/** The cache whose note names most of the validation samples, or the calibration set that holds them; undefined where neither does, or samples cannot be read. */
export async function calibratedBy(
  { model, validation, calibration, cache }: PairedModel,
  caches: readonly FoundCache[],
  effects: Effects,
): Promise<string | undefined> {
  if (validation === undefined) return undefined;
  const rows = caches.find(({ path }) => path === cache)?.rows;
  if (rows === undefined && calibration === undefined) return undefined;
  try {
    const prints = await printsOf(model.path, validation, mostLookedAt, effects);
    const isMost = (others: Parameters<typeof overlapOf>[1]) => (overlapOf(prints, others).alsoInOther ?? 0) * 2 > prints.length;
    if (rows !== undefined && isMost([{ rows }])) return cache;
    if (calibration === undefined) return undefined;
    return isMost([{ prints: await printsOf(model.path, calibration, mostCompared, effects) }]) ? calibration : undefined;
  } catch (error) {
    // A check says what is wrong with them.
    if (!(error instanceof ConfigError || error instanceof FileError || error instanceof ToolError)) throw error;
    return undefined;
  }
}

async function printsOf(modelPath: string, samples: string, most: number, effects: Effects): Promise<readonly Fingerprint[]> {
  const { cwd, files } = effects;
  const model = await readModel(join(cwd, modelPath), files, { weights: "left-in-file" });
  const path = join(cwd, samples);
  const shapes = await completeShapes(modelInputs(model), new Map(), [{ path }], files);
  const source = fingerprinted(await openFeeds({ kind: "data", path }, resolveInputs(model, shapes), effects), "validation");
  try {
    return await source.fingerprints(most);
  } finally {
    await source.close();
  }
}
