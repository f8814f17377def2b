/** A digest of everything that decides what a probe answers: an interrupted search goes on only where nothing of it changed. */
import { createHash, type Hash } from "node:crypto";
import type { Settings } from "../config/settings.ts";
import { addFile } from "../effects/file-hash.ts";
import type { Judging } from "../evaluate/outputs.ts";
import { validWaivers } from "../gate/waivers.ts";
import type { EngineJob, FeedSource } from "../model/job.ts";
import { plainJson } from "../model/plain-json.ts";
import { modelSha256 } from "../onnx/stage.ts";
import type { Prepared } from "../prepare/prepare-model.ts";

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
  hash.update(plainJson(said));
  if (job.quantization.qdqPath !== undefined) hash.update(await modelSha256(job.quantization.qdqPath, job.effects.files));
  for (const path of givenFiles(job)) await addFile(hash, path, job.effects.files);
  await addSamples(hash, job.validation);
  if (job.quantization.data !== undefined) await addSamples(hash, job.quantization.data);
  return hash.digest("hex");
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
