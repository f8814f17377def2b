/**
 * Copies one file of an untrusted folder: regular, not a link, not linked elsewhere, and the very file that was looked at.
 * What is opened is checked through its descriptor, so that a swap between look and copy shows.
 */
import type { Hash } from "node:crypto";
import { constants, type Stats } from "node:fs";
import { type FileHandle, lstat, mkdir, open } from "node:fs/promises";
import { dirname, join } from "node:path";

const chunkBytes = 4 * 2 ** 20;

/** Undefined when it is fine; else the reason it is refused, to follow the file's name. */
export type Refusal = string;

export interface CheckedFile {
  readonly handle: FileHandle;
  readonly sizeBytes: number;
}

/** Package managers link their stores into place: where the folder is our user's own, a hard link is no attack. */
export type HardLinks = "refused" | "allowed";

/** Opens `location` inside `folder`. The caller closes the handle. */
export async function openChecked(folder: string, location: string, hardLinks: HardLinks): Promise<CheckedFile | Refusal> {
  const path = join(folder, location);
  const linked = await linkedParent(folder, location);
  if (linked !== undefined) return linked;
  const before = await lstat(path).catch(() => undefined);
  const refusal = refuse(before, hardLinks);
  if (before === undefined || refusal !== undefined) return refusal ?? "does not exist";
  // O_NONBLOCK: a FIFO put there in the meantime must not hang us.
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(() => undefined);
  if (handle === undefined) return "cannot be opened (it is a link, or may not be read)";
  const now = await handle.stat();
  const changed = now.ino !== before.ino || now.dev !== before.dev ? "was exchanged while it was checked" : undefined;
  const wrong = refuse(now, hardLinks) ?? changed ?? (await linkedParent(folder, location));
  if (wrong === undefined) return { handle, sizeBytes: now.size };
  await handle.close();
  return wrong;
}

function refuse(stats: Stats | undefined, hardLinks: HardLinks): Refusal | undefined {
  if (stats === undefined) return "does not exist";
  if (stats.isSymbolicLink()) return "is a symbolic link";
  if (!stats.isFile()) return "is no regular file";
  return stats.nlink === 1 || hardLinks === "allowed" ? undefined : `is hard-linked from ${stats.nlink - 1} other places`;
}

async function linkedParent(folder: string, location: string): Promise<Refusal | undefined> {
  const parts = location.split("/").slice(0, -1);
  for (let i = 1; i <= parts.length; i++) {
    const parent = parts.slice(0, i).join("/");
    const stats = await lstat(join(folder, parent)).catch(() => undefined);
    if (stats === undefined) return "does not exist";
    if (!stats.isDirectory()) return `lies under '${parent}', which is a link or no folder`;
  }
  return undefined;
}

/** Copies exactly `sizeBytes` from the descriptor and feeds `hash`. False when the file ended early. */
export async function copyFromHandle(source: CheckedFile, target: string, hash: Hash): Promise<boolean> {
  await mkdir(dirname(target), { recursive: true });
  const out = await open(target, "wx");
  try {
    const buffer = new Uint8Array(Math.min(chunkBytes, source.sizeBytes));
    for (let at = 0; at < source.sizeBytes; ) {
      const { bytesRead } = await source.handle.read(buffer, 0, Math.min(buffer.length, source.sizeBytes - at), at);
      if (bytesRead === 0) return false;
      const part = buffer.subarray(0, bytesRead);
      hash.update(part);
      for (let written = 0; written < bytesRead; ) written += (await out.write(part, written)).bytesWritten;
      at += bytesRead;
    }
    return true;
  } finally {
    await out.close();
  }
}
