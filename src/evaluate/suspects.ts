/** What of a model changed since the base commit, as far as its files tell: the likely causes of a regression, in words. Judges nothing. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { type CacheDiff, diffCaches } from "../calibration/diff.ts";
import { openCache } from "../calibration/open-cache.ts";
import type { ModelEntry } from "../config/settings.ts";
import type { Effects } from "../effects/effects.ts";
import { ConfigError, FileError } from "../effects/failure.ts";
import type { OnnxModel } from "../onnx/model.ts";
import { opsetsOf } from "../onnx/network.ts";
import { readModel } from "../onnx/read.ts";

/** Larger files are compared by their hash alone. */
const mostBytes = 300 * 2 ** 20;

export interface Suspects {
  /** In words. */
  readonly causes: readonly string[];
  /** Scales of the cache that moved, largest factor first; `ratio`: new by old. At most twenty. */
  readonly scales: readonly { readonly tensor: string; readonly ratio: number }[];
}

const mostScales = 20;

/** `base`: folder with the base commit's files. Empty where nothing that counts differs, or nothing could be read. */
export async function suspects(entry: ModelEntry, base: string, { files, cwd }: Effects): Promise<Suspects> {
  const { quantization, validation } = entry;
  const places = { files, cwd, base };
  const cache = await knownFailures(() => cacheChange(quantization?.cache, places));
  const parts = await Promise.all([
    knownFailures(() => modelCauses(entry.path, "model", places)),
    knownFailures(() => modelCauses(quantization?.qdq, "Q/DQ model", places)),
    cache.flatMap(cacheCauses),
    knownFailures(() => dataCauses(quantization?.data, "calibration samples", places)),
    knownFailures(() => dataCauses(validation?.data ?? validation?.inputs, "validation samples", places)),
  ]);
  const moved = cache.flatMap((diff) => diff.moved.slice(0, mostScales));
  return { causes: parts.flat(), scales: moved.map(({ tensor, ratio }) => ({ tensor, ratio })) };
}

interface Places {
  readonly files: Effects["files"];
  readonly cwd: string;
  readonly base: string;
}

async function modelCauses(path: string | undefined, what: string, { files, cwd, base }: Places): Promise<string[]> {
  if (path === undefined || (await sameBytes(path, { files, cwd, base }))) return [];
  const sizes = await Promise.all([base, cwd].map(async (root) => (await files.stat(join(root, path)))?.sizeBytes ?? 0));
  if (Math.max(...sizes) > mostBytes) return [`the ${what} changed`];
  const [before, after] = await Promise.all([readModel(join(base, path), files), readModel(join(cwd, path), files)]);
  const causes = [...exporterCauses(before, after), ...graphCauses(before, after, what)];
  return causes.length > 0 ? causes : [`the ${what} changed`];
}

function exporterCauses(before: OnnxModel, after: OnnxModel): string[] {
  const producer = ({ proto }: OnnxModel) => `${proto.producerName} ${proto.producerVersion}`.trim() || "unnamed";
  const opset = ({ proto }: OnnxModel) => opsetsOf(proto).get("") ?? 1;
  return [
    ...(producer(before) === producer(after) ? [] : [`the exporter changed from ${producer(before)} to ${producer(after)}`]),
    ...(opset(before) === opset(after) ? [] : [`the opset changed from ${opset(before)} to ${opset(after)}`]),
  ];
}

/** Weights count as changed only where the graph is the same: else names need not mean the same. */
function graphCauses({ graph: old }: OnnxModel, { graph: now }: OnnxModel, what: string): string[] {
  const shape = (nodes: typeof old.node) =>
    nodes.map(({ opType, input, output }) => [opType, ...input, "", ...output].join("\0")).join("\n");
  if (shape(old.node) !== shape(now.node)) {
    const moved =
      old.node.length === now.node.length
        ? `${now.node.length} nodes as before`
        : `${old.node.length} nodes before, ${now.node.length} now`;
    return [`the graph of the ${what} changed (${moved})`];
  }
  const before = new Map(old.initializer.map((tensor) => [tensor.name, hashOf(tensor.rawData, tensor.floatData)]));
  const changed = now.initializer.filter((tensor) => before.get(tensor.name) !== hashOf(tensor.rawData, tensor.floatData));
  return changed.length === 0 ? [] : [`weights changed in ${changed.length} of ${now.initializer.length} tensors, the graph is the same`];
}

const hashOf = (raw: Uint8Array, floats: readonly number[]): string =>
  createHash("sha256").update(raw).update(Float32Array.from(floats)).digest("hex");

/** None where the cache is the same or there is none, else one. */
async function cacheChange(path: string | undefined, { files, cwd, base }: Places): Promise<CacheDiff[]> {
  if (path === undefined || (await sameBytes(path, { files, cwd, base }))) return [];
  return [diffCaches(await openCache(join(base, path), path, files), await openCache(join(cwd, path), path, files))];
}

function cacheCauses({ moved, unchanged, added, removed }: CacheDiff): string[] {
  const [most] = moved;
  const named = most === undefined ? "" : `, most "${most.tensor}" (${Number(most.ratio.toPrecision(3))} times)`;
  return [
    ...(moved.length === 0 ? [] : [`${moved.length} of ${moved.length + unchanged} scales moved${named}`]),
    ...(added.length + removed.length === 0 ? [] : [`the cache gained ${added.length} and lost ${removed.length} tensors`]),
  ];
}

async function dataCauses(path: string | undefined, what: string, places: Places): Promise<string[]> {
  return path === undefined || (await sameBytes(path, places)) ? [] : [`the ${what} changed`];
}

/** Also true where one of both is no file: then nothing can be said. */
async function sameBytes(path: string, { files, cwd, base }: Places): Promise<boolean> {
  const stats = await Promise.all([base, cwd].map((root) => files.stat(join(root, path))));
  if (stats.some((stat) => stat?.kind !== "file")) return true;
  if (stats[0]?.sizeBytes !== stats[1]?.sizeBytes) return false;
  const [before, after] = await Promise.all([base, cwd].map((root) => digest(join(root, path), files)));
  return before === after;
}

async function digest(path: string, files: Effects["files"]): Promise<string> {
  const reader = await files.open(path);
  const hash = createHash("sha256");
  try {
    for (let at = 0; at < reader.sizeBytes; at += 1 << 24) hash.update(await reader.read(at, 1 << 24));
  } finally {
    await reader.close();
  }
  return hash.digest("hex");
}

async function knownFailures<T>(action: () => Promise<T[]>): Promise<T[]> {
  try {
    return await action();
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof FileError)) throw error;
    return [];
  }
}
