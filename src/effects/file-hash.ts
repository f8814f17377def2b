/** The SHA-256 of a file of any size. */
import { createHash, type Hash } from "node:crypto";
import type { Files } from "./effects.ts";

const chunkBytes = 1 << 24;

/** Hexadecimal, and the size in bytes. */
export async function hashFile(path: string, files: Pick<Files, "open">): Promise<{ readonly sha256: string; readonly sizeBytes: number }> {
  const hash = createHash("sha256");
  const sizeBytes = await addFile(hash, path, files);
  return { sha256: hash.digest("hex"), sizeBytes };
}

/** Takes a file's bytes into a hash, in pieces; gives how many there were. */
export async function addFile(hash: Hash, path: string, files: Pick<Files, "open">): Promise<number> {
  const reader = await files.open(path);
  try {
    for (let offset = 0; ; offset += chunkBytes) {
      const bytes = await reader.read(offset, chunkBytes);
      hash.update(bytes);
      if (bytes.length < chunkBytes) return offset + bytes.length;
    }
  } finally {
    await reader.close();
  }
}
