/** A digest of everything that decides what a probe answers: an interrupted search goes on only where nothing of it changed. */
import { createHash, type Hash } from "node:crypto";
import type { Settings } from "../config/settings.ts";
import type { Files } from "../effects/effects.ts";
import type { Judging } from "../evaluate/outputs.ts";
import type { FeedSource } from "../model/job.ts";
import type { Prepared } from "../prepare/prepare-model.ts";

const chunkBytes = 1 << 24;

interface Deciding {
  readonly prepared: Pick<Prepared, "lane" | "job" | "sha256">;
  readonly judging: Pick<Judging, "entry" | "seed">;
  readonly context: { readonly version: string; readonly settings: { readonly search: Pick<Settings["search"], "group"> } };
}

/** By content: a file may be replaced under the same name. SHA-256, hexadecimal. */
export async function digestOf({ prepared, judging, context }: Deciding): Promise<string> {
  const { lane, job } = prepared;
  const { python: _, ...tensorrt } = job.tensorrt;
  const hash = createHash("sha256");
  const said = {
    model: prepared.sha256,
    lane: lane.lane,
    versions: lane.versions ?? null,
    gate: context.version,
    tolerance: judging.entry.tolerance,
    quantization: judging.entry.quantization ?? null,
    seed: judging.seed,
    group: context.settings.search.group,
    keepPrecision: job.keepPrecision,
    tensorrt,
    scales: [...(lane.scales ?? [])],
  };
  hash.update(JSON.stringify(said, (_key, value: unknown) => (value instanceof Map || value instanceof Set ? [...value] : value)));
  if (job.quantization.qdqPath !== undefined) await addFile(hash, job.quantization.qdqPath, job.effects.files);
  await addSamples(hash, job.validation);
  if (job.quantization.data !== undefined) await addSamples(hash, job.quantization.data);
  return hash.digest("hex");
}

async function addSamples(hash: Hash, source: FeedSource): Promise<void> {
  for (let i = 0; i < source.count; i++)
    for (const [name, { dtype, shape, data }] of await source.feed(i)) {
      hash.update(JSON.stringify([i, name, dtype, shape]));
      hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    }
}

async function addFile(hash: Hash, path: string, files: Files): Promise<void> {
  const reader = await files.open(path);
  try {
    for (let offset = 0; ; offset += chunkBytes) {
      const bytes = await reader.read(offset, chunkBytes);
      hash.update(bytes);
      if (bytes.length < chunkBytes) return;
    }
  } finally {
    await reader.close();
  }
}
