/** Reads a calibration cache and what lies beside it from the disk. */
import type { Files } from "../effects/effects.ts";
import { ConfigError, FileError } from "../effects/failure.ts";
import { isLfsPointer, pointerFault } from "../effects/lfs-pointer.ts";
import { type CalibrationCache, parseCache } from "./cache.ts";
import { parseSidecar, type Sidecar, sidecarPath } from "./sidecar.ts";

/** No cache of a real model comes near it: 100,000 tensors are 10 MB. */
const largestBytes = 64 * 2 ** 20;

/** `shown` is the name used in messages. Throws ConfigError for no file or a Git LFS pointer, FileError for a file that is too large to be a cache. */
export async function openCache(path: string, shown: string, files: Files): Promise<CalibrationCache> {
  const stat = await files.stat(path);
  if (stat?.kind !== "file") throw new ConfigError(`${shown} is not there. Name a calibration cache.`);
  if (stat.sizeBytes > largestBytes)
    throw new FileError(shown, `${stat.sizeBytes} bytes are too many for a calibration cache. Name the right file.`);
  const bytes = await files.readBytes(path);
  if (isLfsPointer(bytes)) throw new ConfigError(pointerFault(shown));
  // Keeps a byte order mark, which the parser names.
  return parseCache(new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes), shown);
}

/** The note that `calibrate` left beside the cache; undefined without one. */
export async function openSidecar(cachePath: string, shown: string, files: Files): Promise<Sidecar | undefined> {
  const path = sidecarPath(cachePath);
  return (await files.stat(path))?.kind === "file" ? parseSidecar(await files.readText(path), sidecarPath(shown)) : undefined;
}
