/** Whether a path that a report names is a plain file of its own folder. Reports come from other machines: their paths and links are theirs. */
import { resolve } from "node:path";
import type { Files } from "./effects.ts";
import { realWorkspace } from "./workspace.ts";

/** The full path; undefined where nothing is there, where it leads out of the folder, or where a link lies on the way. */
export async function ownFile(folder: string, path: string, files: Files): Promise<string | undefined> {
  const root = resolve(folder);
  const full = resolve(root, path);
  if (realWorkspace(root).checkPath(path) !== undefined) return undefined;
  return (await files.lstat(full))?.kind === "file" ? full : undefined;
}
