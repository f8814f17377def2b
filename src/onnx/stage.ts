/**
 * Brings a model from a folder that others may write into a fresh one of ours: `model.onnx` and its external data, checked on the way.
 * Tools are given only the copy, so no hostile name reaches a command line and nothing changes underneath.
 */
import { createHash } from "node:crypto";
import { basename, dirname, join } from "node:path";
import type { Files } from "../effects/effects.ts";
import { ConfigError, ToolError, TrustError } from "../effects/failure.ts";
import { addFile } from "../effects/file-hash.ts";
import { isLfsPointer, mostPointerBytes, pointerFault } from "../effects/lfs-pointer.ts";
import { type CheckedFile, copyFromHandle, openChecked } from "./copy-checked.ts";
import { externalReferences } from "./external.ts";
import { leaveWeights } from "./leave-weights.ts";
import type { OnnxModel } from "./model.ts";
import { modelBytes, openProto, parseProto } from "./read.ts";

export interface StagedModel {
  readonly modelPath: string;
  /** Over the model's bytes and then those of its external files in order of their names: that of the file alone where there are none. */
  readonly sha256: string;
  readonly sizeBytes: number;
  /** Locations, relative to the model. */
  readonly externalFiles: readonly string[];
  /** Its large weights are left in the staged file. */
  readonly model: OnnxModel;
}

export interface StageRequest {
  readonly path: string;
  /** What messages call it: the path where it is left out. */
  readonly shownAs?: string;
  /** An empty folder. */
  readonly folder: string;
  readonly files: Files;
  /** "pull-request": what leaves the model's folder is hostile (TrustError); "local": it is a mistake (ConfigError). */
  readonly trust: "pull-request" | "local";
  /** Whether external data at this location, relative to the model, is part of the commit: what else lies in a work tree is not the change's to read. */
  readonly isTracked?: (location: string) => boolean;
}

/** Also ConfigError and FileError of reading, ToolError `disk-full`. */
export async function stageModel(request: StageRequest): Promise<StagedModel> {
  // Our user's own link to a model is followed; one that a pull request brings is refused below.
  const path = request.trust === "local" ? await request.files.realpath(request.path).catch(() => request.path) : request.path;
  const sourceFolder = dirname(path);
  const { shownAs = request.path } = request;
  const hash = createHash("sha256");
  const modelPath = join(request.folder, "model.onnx");
  const sizeBytes = await stageOne({
    ...request,
    hash,
    target: modelPath,
    location: basename(path),
    folder: sourceFolder,
    stageFolder: request.folder,
    what: `The model '${shownAs}'`,
    next: "Name a plain .onnx file that this user may read.",
  });
  const bytes = await modelBytes(modelPath, request.files, shownAs);
  const proto = parseProto(bytes, shownAs);
  // Also those of functions that nothing calls: a tool that is given the copy may read them.
  const external = externalReferences(proto);
  if (external.problems.length > 0)
    throw refusal(
      request,
      external.problems.map((problem) => `In the model '${shownAs}' ${problem}.`),
    );
  const model = openProto(proto, modelPath, shownAs);
  leaveWeights(proto, bytes, model.ownFile);
  const needed = new Map<string, number>();
  for (const { location, needed: bytes } of external.references) needed.set(location, Math.max(bytes, needed.get(location) ?? 0));
  let total = sizeBytes;
  for (const [location, bytes] of needed) {
    const what = `The external data '${location}' of '${shownAs}'`;
    if (location.split("/")[0] === "model.onnx") throw refusal(request, [`${what} has the name of the model itself.`]);
    if (request.isTracked?.(location) === false) throw refusal(request, [`${what} is not part of the commit.`]);
    const found = await stageOne({
      ...request,
      hash,
      target: join(request.folder, location),
      location,
      folder: sourceFolder,
      stageFolder: request.folder,
      what,
    });
    if (await isPointer(join(request.folder, location), found, request.files)) throw new ConfigError(pointerFault(what));
    if (found < bytes) throw refusal(request, [`${what} has ${found} bytes, and the model reads ${bytes}.`]);
    total += found;
  }
  return { modelPath, sha256: hash.digest("hex"), sizeBytes: total, externalFiles: [...needed.keys()], model };
}

/** The same hash of a model where it lies: over its bytes, then those of its external files in order of their names. Rejects with FileError where one cannot be read. */
export async function modelSha256(path: string, files: Files): Promise<string> {
  const hash = createHash("sha256");
  await addFile(hash, path, files);
  const { references } = externalReferences(parseProto(await modelBytes(path, files), path));
  for (const location of new Set(references.map((reference) => reference.location)))
    await addFile(hash, join(dirname(path), location), files);
  return hash.digest("hex");
}

const isPointer = async (path: string, sizeBytes: number, files: Files): Promise<boolean> =>
  sizeBytes < mostPointerBytes && isLfsPointer(await files.readBytes(path));

interface OneFile extends StageRequest {
  readonly hash: ReturnType<typeof createHash>;
  readonly target: string;
  readonly location: string;
  readonly what: string;
  /** What to do where it is refused; of external data where it belongs. */
  readonly next?: string;
  readonly stageFolder: string;
}

async function stageOne(one: OneFile): Promise<number> {
  const source = await openChecked(one.folder, one.location, one.trust === "local" ? "allowed" : "refused");
  if (typeof source === "string") {
    if (source === "does not exist") throw new ConfigError(`${one.what} does not exist. Check the path, and that the file is committed.`);
    throw refusal(one, [`${one.what} ${source}.`], one.next);
  }
  try {
    await copyOne(one, source);
    return source.sizeBytes;
  } finally {
    await source.handle.close();
  }
}

async function copyOne(one: OneFile, source: CheckedFile): Promise<void> {
  const free = await one.files.freeBytes(one.stageFolder);
  if (free < source.sizeBytes)
    throw new ToolError(
      "disk-full",
      `${one.what} needs ${source.sizeBytes} bytes in the temporary folder, and ${free} are free. Free space on the runner.`,
    );
  if (!(await copyFromHandle(source, one.target, one.hash))) throw refusal(one, [`${one.what} became shorter while it was read.`]);
}

const besideModel = "Keep external data as plain files beside the model.";

function refusal(request: { readonly trust: StageRequest["trust"] }, problems: readonly string[], next = besideModel): Error {
  const sentences = problems.map((problem) => `${problem} ${next}`);
  return request.trust === "pull-request" ? new TrustError(sentences.join("\n")) : new ConfigError(sentences);
}
