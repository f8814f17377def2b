/** What of a model changed since the base commit, as far as its files tell: the likely causes of a regression, in words. Judges nothing. */
import { createHash } from "node:crypto";
import { join } from "node:path";
import { type CacheDiff, diffCaches } from "../calibration/diff.ts";
import { openCache } from "../calibration/open-cache.ts";
import type { ModelEntry } from "../config/settings.ts";
import type { Effects } from "../effects/effects.ts";
import { ConfigError, FileError } from "../effects/failure.ts";
import { listed, plural } from "../model/plural.ts";
import { times } from "../model/ratio.ts";
import { nodeLabel, type OnnxModel } from "../onnx/model.ts";
import { opsetsOf, producers } from "../onnx/network.ts";
import { qdqSource } from "../onnx/qdq.ts";
import { quantiserConstants } from "../onnx/qdq-scales.ts";
import { readModel } from "../onnx/read.ts";
import { isCompute } from "../onnx/units.ts";

/** Larger files are compared by their hash alone. */
const mostBytes = 300 * 2 ** 20;

export interface Suspects {
  /** In words. */
  readonly causes: readonly string[];
  /** Scales of the cache, or of Q/DQ nodes, that moved, largest factor first; `ratio`: new by old, of several channels the farthest. At most twenty. */
  readonly scales: readonly MovedScale[];
  /** The file that holds them and nothing else that changed, so that putting it back puts back no more; undefined where none moved. */
  readonly scalesIn?: string | undefined;
  /** The cache, else the samples, where neither the model nor its Q/DQ changed. */
  readonly calibrationFile?: ChangedFile | undefined;
}

/** A file that calibration rests on. */
export interface ChangedFile {
  readonly path: string;
  readonly what: "calibration cache" | "calibration samples";
}

type MovedScale = { readonly tensor: string; readonly ratio: number };

const mostScales = 20;

const judgedSamples = "validation samples";
/** No cause of a loss where both figures are of the same samples. */
export const isOfJudgedSamples = (cause: string): boolean => cause === changedWords(judgedSamples);
const changedWords = (what: string): string => `the ${what} changed`;

/** `base`: folder with the base commit's files. Empty where nothing that counts differs, or nothing could be read. */
export async function suspects(entry: ModelEntry, base: string, { files, cwd }: Effects): Promise<Suspects> {
  const { quantization, validation } = entry;
  const places = { files, cwd, base };
  const cache = await knownFailures(() => cacheChange(quantization?.cache, places));
  const models = [await modelChange(entry.path, "model", places), await modelChange(quantization?.qdq, "Q/DQ model", places)];
  const parts = await Promise.all([
    ...models.map(({ causes }) => causes),
    cache.flatMap(cacheCauses),
    knownFailures(() => dataCauses(quantization?.data, "calibration samples", places)),
    knownFailures(() => dataCauses(validation?.data ?? validation?.inputs, judgedSamples, places)),
  ]);
  const calibrationFile = calibrationChange(parts, quantization);
  const moved = cache.flatMap((diff) => diff.moved.slice(0, mostScales));
  if (moved.length > 0)
    return {
      causes: parts.flat(),
      scales: moved.map(({ tensor, ratio }) => ({ tensor, ratio })),
      scalesIn: quantization?.cache,
      calibrationFile,
    };
  const holder = models.find(({ scales }) => scales.length > 0);
  return {
    causes: parts.flat(),
    scales: holder?.scales.slice(0, mostScales) ?? [],
    scalesIn: holder?.isAlone ? holder.path : undefined,
    calibrationFile,
  };
}

/** `parts`: causes of the model, its Q/DQ, cache and calibration samples. */
function calibrationChange(
  [model = [], qdq = [], cache = [], data = []]: readonly (readonly string[])[],
  quantization: ModelEntry["quantization"],
): ChangedFile | undefined {
  if (model.length + qdq.length > 0) return undefined;
  if (cache.length > 0 && quantization?.cache !== undefined) return { path: quantization.cache, what: "calibration cache" };
  if (data.length > 0 && quantization?.data !== undefined) return { path: quantization.data, what: "calibration samples" };
  return undefined;
}

interface ModelChange {
  readonly path?: string | undefined;
  readonly causes: readonly string[];
  readonly scales: readonly MovedScale[];
  /** Nothing else of the file changed. */
  readonly isAlone: boolean;
}

const unchanged: ModelChange = { causes: [], scales: [], isAlone: false };

async function modelChange(path: string | undefined, what: string, places: Places): Promise<ModelChange> {
  const [found = unchanged] = await knownFailures(async () => [await changeOf(path, what, places)]);
  return found;
}

interface Places {
  readonly files: Effects["files"];
  readonly cwd: string;
  readonly base: string;
}

async function changeOf(path: string | undefined, what: string, { files, cwd, base }: Places): Promise<ModelChange> {
  if (path === undefined || (await sameBytes(path, { files, cwd, base }))) return unchanged;
  const sizes = await Promise.all([base, cwd].map(async (root) => (await files.stat(join(root, path)))?.sizeBytes ?? 0));
  const somehow = { ...unchanged, causes: [`the ${what} changed`] };
  if (Math.max(...sizes) > mostBytes) return somehow;
  const [before, after] = await Promise.all([readModel(join(base, path), files), readModel(join(cwd, path), files)]);
  const exporter = exporterCauses(before, after);
  const graph = graphChange(before, after, what);
  const causes = [...exporter, ...graph.causes];
  return causes.length > 0 ? { ...graph, path, causes, isAlone: graph.isAlone && exporter.length === 0 } : somehow;
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
function graphChange(before: OnnxModel, after: OnnxModel, what: string): ModelChange {
  const [{ graph: old }, { graph: now }] = [before, after];
  const shape = (nodes: typeof old.node) =>
    nodes.map(({ opType, input, output }) => [opType, ...input, "", ...output].join("\0")).join("\n");
  if (shape(old.node) !== shape(now.node)) {
    const moved =
      old.node.length === now.node.length
        ? `${now.node.length} nodes as before`
        : `${old.node.length} nodes before, ${now.node.length} now`;
    const float = floatNow(before, after);
    const told = float.length === 0 ? "" : `; no longer quantised: ${listed([...float.slice(0, 3), ...moreThan(3, float)])}`;
    return { ...unchanged, causes: [`the graph of the ${what} changed (${moved})${told}`] };
  }
  const hashes = new Map(old.initializer.map((tensor) => [tensor.name, hashOf(tensor.rawData, tensor.floatData)]));
  const quantisers = quantiserConstants(after);
  const changed = now.initializer.filter((tensor) => hashes.get(tensor.name) !== hashOf(tensor.rawData, tensor.floatData));
  const weights = changed.filter(({ name }) => !quantisers.has(name));
  const total = now.initializer.filter(({ name }) => !quantisers.has(name)).length;
  const { scales, causes } = quantiserChange(quantiserConstants(before), quantisers);
  const told = weights.length === 0 ? [] : [`weights changed in ${weights.length} of ${total} tensors, the graph is the same`];
  return { causes: [...causes, ...told], scales, isAlone: told.length === 0 };
}

const moreThan = (most: number, { length }: readonly string[]): string[] => (length > most ? [`${length - most} more`] : []);

/** Compute nodes that read Q/DQ before and none now. */
function floatNow(before: OnnxModel, after: OnnxModel): string[] {
  const now = readsQdq(after);
  return [...readsQdq(before)].flatMap(([label, was]) => (was && now.get(label) === false ? [label] : []));
}

function readsQdq({ graph }: OnnxModel): ReadonlyMap<string, boolean> {
  const makers = producers(graph.node);
  const reads = (name: string) => qdqSource(makers, name) !== undefined;
  return new Map(graph.node.filter(isCompute).map((node) => [nodeLabel(node), node.input.slice(0, 2).some(reads)]));
}

type Quantisers = ReturnType<typeof quantiserConstants>;

function quantiserChange(before: Quantisers, after: Quantisers): Pick<ModelChange, "causes" | "scales"> {
  const pairs = [...after].flatMap(([name, now]) => {
    const old = before.get(name);
    return old === undefined ? [] : [{ ...now, old: old.values }];
  });
  const scales = pairs.filter(({ kind }) => kind === "scale");
  const moved = scales
    .map(({ tensor, values, old }) => ({ tensor, ratio: farthest(values, old) }))
    .filter(({ ratio }) => ratio !== 1)
    .toSorted((a, b) => distance(b.ratio) - distance(a.ratio));
  const zeros = pairs.filter(({ kind, values, old }) => kind === "zero point" && Array.from(values).some((value, i) => value !== old[i]));
  const [most] = moved;
  return {
    scales: moved,
    causes: [
      ...(most === undefined ? [] : [`${moved.length} of ${scales.length} Q/DQ scales moved${farthestMoved(moved)}`]),
      ...(zeros.length === 0 ? [] : [`zero points changed in ${plural(zeros.length, "quantiser")}, first that of "${zeros[0]?.tensor}"`]),
    ],
  };
}

/** New by old of the channel that moved most; 1 where none did. */
const farthest = (now: ArrayLike<number>, old: ArrayLike<number>): number =>
  Array.from(now, (value, i) => (value === old[i] ? 1 : value / (old[i] ?? Number.NaN))).reduce(
    (most, ratio) => (distance(ratio) > distance(most) ? ratio : most),
    1,
  );
/** What is no factor is farthest. */
const distance = (ratio: number): number => (ratio > 0 ? Math.abs(Math.log(ratio)) : Number.POSITIVE_INFINITY);

const hashOf = (raw: Uint8Array, floats: readonly number[]): string =>
  createHash("sha256").update(raw).update(Float32Array.from(floats)).digest("hex");

/** None where the cache is the same or there is none, else one. */
async function cacheChange(path: string | undefined, { files, cwd, base }: Places): Promise<CacheDiff[]> {
  if (path === undefined || (await sameBytes(path, { files, cwd, base }))) return [];
  return [diffCaches(await openCache(join(base, path), path, files), await openCache(join(cwd, path), path, files))];
}

/** `, that of "t" (3 times)`, and of several the one that moved farthest, which is the first. */
const farthestMoved = ([first, ...others]: readonly MovedScale[]): string =>
  first === undefined ? "" : `, ${others.length === 0 ? "that" : "most that"} of "${first.tensor}" (${times(first.ratio)})`;

function cacheCauses({ moved, unchanged, added, removed }: CacheDiff): string[] {
  return [
    ...(moved.length === 0 ? [] : [`${moved.length} of ${moved.length + unchanged} scales moved${farthestMoved(moved)}`]),
    ...(added.length + removed.length === 0 ? [] : [`the cache gained ${added.length} and lost ${removed.length} tensors`]),
  ];
}

async function dataCauses(path: string | undefined, what: string, places: Places): Promise<string[]> {
  return path === undefined || (await sameBytes(path, places)) ? [] : [changedWords(what)];
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
