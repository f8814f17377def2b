/**
 * The engines that a verdict is about, as files: plans of reference, candidate and fix, and the timing cache that all of them were built with.
 * They lie in the report's folder within a size limit; their hashes are in the report also where they do not.
 */
import { basename, join } from "node:path";
import type { Files } from "../effects/effects.ts";
import { hashFile } from "../effects/file-hash.ts";
import { fileName } from "../effects/file-name.ts";
import type { Engine, FileFacts } from "../model/engine.ts";
import type { CheckContext } from "../prepare/context.ts";
import type { Prepared } from "../prepare/prepare-model.ts";
import type { ModelReport } from "../report/schema.ts";
import { writeBeside } from "./beside-report.ts";

type EngineFile = NonNullable<ModelReport["engines"]>[number];

/** Of all models of a run: one artifact holds them, is uploaded within minutes, and kept for weeks. */
export const mostEngineBytes = 256 * 2 ** 20;

export interface ShippedEngines {
  /** The candidate that was judged, and its reference. */
  readonly judged: Engine;
  readonly fixed: Engine | undefined;
}

/** Undefined in lanes that build no engine. The timing cache comes first: it is small, and the printed commands use it. */
export async function keepEngineFiles(
  { judged, fixed }: ShippedEngines,
  { lane, job, sha256 }: Pick<Prepared, "lane" | "job" | "sha256">,
  context: CheckContext,
): Promise<EngineFile[] | undefined> {
  const { files } = context.effects;
  const wanted = [
    ["timing-cache", await timingCacheOf(lane.timingCachePath, files)],
    ["reference", judged.reference.plan],
    ["candidate", judged.facts.plan],
    ["fix", fixed?.facts.plan],
  ] as const;
  const folder = join("engines", `${fileName(job.name)}-${sha256.slice(0, 8)}`);
  const kept: EngineFile[] = [];
  for (const [role, file] of wanted) {
    if (file === undefined) continue;
    const { sha256: hash, sizeBytes } = file;
    const why = whyLeft(file, job.workFolder, context);
    if (why !== undefined) {
      kept.push({ role, sha256: hash, sizeBytes, why });
      continue;
    }
    const path = join(folder, role === "timing-cache" ? basename(file.path) : `${role}.plan`);
    if (!(await writeBeside(path, context, (target) => files.copy(file.path, target)))) break;
    context.engineBytes.kept += sizeBytes;
    kept.push({ role, sha256: hash, sizeBytes, path });
  }
  return kept.length === 0 ? undefined : kept;
}

/** Where nothing was built, no build has written one. */
async function timingCacheOf(path: string | undefined, files: Files): Promise<FileFacts | undefined> {
  if (path === undefined || (await files.stat(path)) === undefined) return undefined;
  return { path, ...(await hashFile(path, files)) };
}

function whyLeft({ path, sizeBytes }: FileFacts, workFolder: string, { settings, engineBytes }: CheckContext): string | undefined {
  if (!settings.options.artifactEngines) return "`artifact-engines` is false";
  if (!path.startsWith(`${workFolder}/`)) return "the configuration names it";
  if (engineBytes.kept + sizeBytes > mostEngineBytes)
    return `it would be more than ${mostEngineBytes / 2 ** 20} MiB of engines in this run`;
  return undefined;
}
