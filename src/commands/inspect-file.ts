/** Which kind of file it is, told by its first bytes (and its last, for accuracy results), and who describes it. */

import type { Effects, FileReader } from "../effects/effects.ts";
import { ConfigError, FileError } from "../effects/failure.ts";
import { isLfsPointer, pointerFault } from "../effects/lfs-pointer.ts";
import { openSaved } from "../formats/open-saved.ts";
import { inspectAccuracy } from "./inspect-accuracy.ts";
import { inspectCache } from "./inspect-cache.ts";
import { inspectEngine } from "./inspect-engine.ts";
import { inspectModel } from "./inspect-model.ts";
import { inspectReport } from "./inspect-report.ts";
import { inspectSaved } from "./inspect-saved.ts";
import type { Inspection } from "./inspection.ts";

/** Larger texts are not caches, inspector files or reports. */
const mostTextBytes = 256 * 2 ** 20;
const endBytes = 4096;

/** Throws ConfigError where nothing is there, FileError for what is damaged, refused or of no known kind. */
export async function inspectFile(path: string, effects: Effects): Promise<Inspection> {
  const stat = await effects.files.stat(path);
  if (!stat) throw new ConfigError(`${path} does not exist. Name a file to look at.`);
  if (stat.kind === "folder") return inspectSaved(await openSaved(path, effects.files), effects.files);
  const { head, tail, bytes } = await endsOf(path, effects);
  if (isLfsPointer(bytes)) throw new ConfigError(pointerFault(path));
  if (bytes[0] === 0x08 || path.endsWith(".onnx")) return inspectModel(path, effects.files);
  if (/^(ptrt|ftrt)/.test(head))
    throw new FileError(
      path,
      "is a serialised engine: reading it would run its code. Export its layers with trtexec --exportLayerInfo and look at those.",
      0,
    );
  if (/^\s*[[{]/.test(head)) return inspectJson(path, head, tail, stat.sizeBytes, effects);
  if (/^TRT-/.test(head) || /: [0-9a-fA-F]{8}\r?$/m.test(head)) return inspectCache(path, await effects.files.readText(path));
  return inspectSaved(await openSaved(path, effects.files), effects.files);
}

async function inspectJson(path: string, head: string, tail: string, sizeBytes: number, { files }: Effects): Promise<Inspection> {
  if (/"polygraphy_class":\s*"AccuracyResults"\s*\}\s*$/.test(tail)) return inspectAccuracy(path, files);
  if (sizeBytes <= mostTextBytes) {
    if (/^\s*\{\s*"(Layers|Bindings|I\/O Tensors)"/.test(head)) return inspectEngine(path, await files.readText(path));
    if (/^\s*\{\s*"schemaVersion"/.test(head)) return inspectReport(path, files);
  }
  return inspectSaved(await openSaved(path, files), files);
}

async function endsOf(path: string, { files }: Effects): Promise<{ head: string; tail: string; bytes: Uint8Array }> {
  const reader: FileReader = await files.open(path);
  try {
    const bytes = await reader.read(0, endBytes);
    const last = await reader.read(Math.max(0, reader.sizeBytes - endBytes), endBytes);
    return { head: new TextDecoder().decode(bytes), tail: new TextDecoder().decode(last), bytes };
  } finally {
    await reader.close();
  }
}
