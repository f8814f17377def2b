/** Finds Git LFS pointers where a file was expected: the checkout step left the contents out. */
import type { ModelEntry } from "../config/settings.ts";
import type { Effects } from "../effects/effects.ts";
import { ConfigError } from "../effects/failure.ts";
import { isLfsPointer, mostPointerBytes, pointerFault } from "../effects/lfs-pointer.ts";
import { filesOf } from "./affected.ts";

/** Rejects with one ConfigError that lists every pointer. `folder` is where the models' paths start. */
export async function refusePointers(
  models: readonly ModelEntry[],
  effects: Pick<Effects, "files" | "cwd">,
  folder = effects.cwd,
): Promise<void> {
  const paths = new Set(models.flatMap((model) => filesOf(model).map(({ path }) => path)));
  const found: string[] = [];
  for (const path of paths) if (await isPointer(`${folder}/${path}`, effects)) found.push(path);
  if (found.length > 0) {
    throw new ConfigError(found.map(pointerFault));
  }
}

/** Puts the contents in place of pointers, where this clone holds them; other pointers stay. Nothing is downloaded. `paths` below `folder`; `objects` is LFS's own store. */
export async function fillPointers(
  folder: string,
  paths: readonly string[],
  objects: string,
  effects: Pick<Effects, "files">,
): Promise<void> {
  const { files } = effects;
  for (const path of paths) {
    const full = `${folder}/${path}`;
    if (!(await isPointer(full, effects))) continue;
    const oid = /^oid sha256:([0-9a-f]{64})$/m.exec(await files.readText(full))?.[1];
    const object = oid && `${objects}/${oid.slice(0, 2)}/${oid.slice(2, 4)}/${oid}`;
    if (object !== undefined && (await files.stat(object))?.kind === "file") await files.copy(object, full);
  }
}

async function isPointer(path: string, { files }: Pick<Effects, "files">): Promise<boolean> {
  const stat = await files.lstat(path);
  if (stat?.kind !== "file" || stat.sizeBytes >= mostPointerBytes) return false;
  return isLfsPointer(await files.readBytes(path));
}
