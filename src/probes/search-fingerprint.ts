/** A digest of everything that decides what a probe answers: an interrupted search goes on only where nothing of it changed. */
import { createHash, type Hash } from "node:crypto";
import { dirname, join } from "node:path";
import type { Settings } from "../config/settings.ts";
import type { Files } from "../effects/effects.ts";
import type { Judging } from "../evaluate/outputs.ts";
import { validWaivers } from "../gate/waivers.ts";
import type { EngineJob, FeedSource } from "../model/job.ts";
import { externalReferences } from "../onnx/external.ts";
import { modelBytes, parseProto } from "../onnx/read.ts";
import type { Prepared } from "../prepare/prepare-model.ts";

const chunkBytes = 1 << 24;

interface Deciding {
  readonly prepared: Pick<Prepared, "lane" | "job" | "sha256" | "kept">;
  readonly judging: Pick<Judging, "entry" | "seed" | "today" | "labels" | "baseline">;
  readonly context: { readonly version: string; readonly settings: { readonly search: Pick<Settings["search"], "group"> } };
}

/** By content: a file may be replaced under the same name. SHA-256, hexadecimal. */
export async function digestOf({ prepared, judging, context }: Deciding): Promise<string> {
  const { lane, job, kept } = prepared;
  const { entry } = judging;
  const { python: _, ...tensorrt } = job.tensorrt;
  const hash = createHash("sha256");
  const said = {
    model: prepared.sha256,
    lane: lane.lane,
    versions: lane.versions ?? null,
    gate: context.version,
    tolerance: entry.tolerance,
    waivers: validWaivers(entry.waivers, judging.today),
    baseline: Object.keys(entry.tolerance.baseline).length > 0 ? (judging.baseline ?? null) : null,
    labels: judging.labels ?? null,
    quantization: entry.quantization ?? null,
    seed: judging.seed,
    group: context.settings.search.group,
    // A journal names groups by their positions.
    units: lane.units.map(({ id, block }) => [id, block]),
    kept: kept?.ids ?? null,
    keepPrecision: job.keepPrecision,
    shapes: job.shapes,
    reference: job.reference?.kind ?? null,
    tensorrt,
    scales: lane.scales ?? null,
  };
  hash.update(JSON.stringify(said, plainly));
  if (job.quantization.qdqPath !== undefined) await addModel(hash, job.quantization.qdqPath, job.effects.files);
  for (const path of givenFiles(job)) await addFile(hash, path, job.effects.files);
  await addSamples(hash, job.validation);
  if (job.quantization.data !== undefined) await addSamples(hash, job.quantization.data);
  return hash.digest("hex");
}

/** What JSON has no form for: collections, and numbers that are none. */
function plainly(_key: string, value: unknown): unknown {
  if (value instanceof Map || value instanceof Set) return [...value];
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
}

function givenFiles({ quantization, reference, plans }: EngineJob): readonly string[] {
  const saved = reference?.kind === "saved" ? reference.path : undefined;
  const paths = [quantization.cachePath, saved, plans?.reference?.path, plans?.candidate?.path];
  return paths.filter((path) => path !== undefined);
}

async function addSamples(hash: Hash, source: FeedSource): Promise<void> {
  for (let i = 0; i < source.count; i++)
    for (const [name, { dtype, shape, data }] of await source.feed(i)) {
      hash.update(JSON.stringify([i, name, dtype, shape]));
      hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    }
}

async function addModel(hash: Hash, path: string, files: Files): Promise<void> {
  await addFile(hash, path, files);
  const { references } = externalReferences(parseProto(await modelBytes(path, files), path));
  for (const location of new Set(references.map((reference) => reference.location)))
    await addFile(hash, join(dirname(path), location), files);
}

async function addFile(hash: Hash, path: string, files: Files): Promise<void> {
  const reader = await files.open(path);
  try {
    for (let offset = 0; ; offset += chunkBytes) {
      const bytes = await reader.read(offset, chunkBytes);
      hash.update(bytes);
      if (bytes.length < chunkBytes) break;
    }
  } finally {
    await reader.close();
  }
}
