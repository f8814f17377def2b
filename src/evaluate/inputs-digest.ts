/**
 * One hash over everything that a model's figures rest on: its files by content, its settings, the lane and the tools. Equal hashes mean equal figures in
 * the simulate lane, and figures of the same files by the same tools in the others. Says nothing of labels and tasks.
 */
import { createHash, type Hash } from "node:crypto";
import { join, resolve } from "node:path";
import { filesOf } from "../changes/affected.ts";
import type { ModelEntry } from "../config/settings.ts";
import type { Files } from "../effects/effects.ts";
import { FileError } from "../effects/failure.ts";
import { addFile } from "../effects/file-hash.ts";
import type { LaneName, PreparedLane } from "../model/lane.ts";
import { plainJson } from "../model/plain-json.ts";
import { modelSha256 } from "../onnx/stage.ts";
import type { CheckContext } from "../prepare/context.ts";

export interface MeasuredWith {
  readonly lane: LaneName;
  /** By tool, GPU and driver among them. */
  readonly versions: Readonly<Record<string, string>>;
  readonly gateVersion: string;
  readonly seed: number;
}

export const measuredWith = (
  { lane, versions = {} }: Pick<PreparedLane, "lane" | "versions">,
  { version, settings }: Pick<CheckContext, "version" | "settings">,
): MeasuredWith => ({ lane, versions, gateVersion: version, seed: settings.options.seed });

export interface Roots {
  /** Where the entry's paths start. */
  readonly root: string;
  /** The same of its validation samples; `root` where it is left out. */
  readonly validationRoot?: string;
}

/** SHA-256, hexadecimal. Undefined where a loader makes samples (it may read anything) and where a file is not there or cannot be read. */
export async function inputsDigest(entry: ModelEntry, roots: Roots, by: MeasuredWith, files: Files): Promise<string | undefined> {
  const { quantization, validation, shapes, keep, reference, engine, tensorrt, tolerance } = entry;
  if (quantization?.loader !== undefined || validation?.loader !== undefined) return undefined;
  const { builderCheck: _, ...builder } = tensorrt;
  const { root, validationRoot = root } = roots;
  const said = { by, quantization, validation, shapes, keep, reference, engine, builder, tolerance };
  const hash = createHash("sha256").update(plainJson(said));
  try {
    for (const { path, what } of filesOf(entry)) {
      if (what === "task" || what === "labels") continue;
      hash.update(JSON.stringify([what, path]));
      await addPath(hash, resolve(isValidation(what) ? validationRoot : root, path), what.endsWith("model"), files);
    }
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    return undefined;
  }
  return hash.digest("hex");
}

const isValidation = (what: string): boolean => what.startsWith("validation");

/** SHA-256 of the entry's validation files, hexadecimal; undefined where one is not there or cannot be read. */
export async function validationDigest(entry: ModelEntry, root: string, files: Files): Promise<string | undefined> {
  const hash = createHash("sha256");
  try {
    for (const { path } of filesOf(entry).filter(({ what }) => isValidation(what))) await addPath(hash, resolve(root, path), false, files);
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    return undefined;
  }
  return hash.digest("hex");
}

async function addPath(hash: Hash, path: string, isModel: boolean, files: Files): Promise<void> {
  if (isModel) {
    hash.update(await modelSha256(path, files));
    return;
  }
  if ((await files.stat(path))?.kind !== "folder") {
    await addFile(hash, path, files);
    return;
  }
  for (const name of await files.list(path)) {
    hash.update(JSON.stringify(name));
    await addPath(hash, join(path, name), false, files);
  }
}
