/** How a command writes the file that its user named: whole or not at all, so that a full disk costs the new file and not the old one. */
import type { Files } from "../effects/effects.ts";

/** A device, a pipe or a link is written through. */
export async function writeWhole(files: Files, path: string, text: string): Promise<void> {
  const there = await files.lstat(path);
  if (there === undefined || there.kind === "file") await files.replaceText(path, text);
  else await files.writeText(path, text);
}
