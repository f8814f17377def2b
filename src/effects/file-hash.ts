/** The SHA-256 of a file of any size. */
import { createHash } from "node:crypto";
import type { Files } from "./effects.ts";

const chunkBytes = 1 << 24;

/** Hexadecimal, and the size in bytes. */
export async function hashFile(path: string, files: Pick<Files, "open">): Promise<{ readonly sha256: string; readonly sizeBytes: number }> {
  const hash = createHash("sha256");
  const reader = await files.open(path);
  try {
    for (let offset = 0; ; offset += chunkBytes) {
      const bytes = await reader.read(offset, chunkBytes);
      hash.update(bytes);
      if (bytes.length < chunkBytes) return { sha256: hash.digest("hex"), sizeBytes: offset + bytes.length };
    }
  } finally {
    await reader.close();
  }
}
