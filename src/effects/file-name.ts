/** A model's name as a part of a file name. */
import { createHash } from "node:crypto";

/**
 * Letters, digits, dots, dashes and underscores stay, the rest becomes dashes. A name that had to be changed or cut ends in eight digits of its
 * SHA-256, so that two names never share a file.
 */
export function fileName(name: string): string {
  const plain = name.replace(/[^A-Za-z0-9._-]+/g, "-").slice(0, 60);
  return plain === name ? plain : `${plain}-${createHash("sha256").update(name).digest("hex").slice(0, 8)}`;
}
