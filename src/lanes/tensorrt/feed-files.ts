/** Samples as `.npy` files for the worker: numbered names, since input names are foreign text. */
import { join } from "node:path";
import type { Files } from "../../effects/effects.ts";
import { writeNpy } from "../../formats/npy.ts";
import type { FeedSource } from "../../model/job.ts";

/** Input name -> file. */
export type FeedFiles = Readonly<Record<string, string>>;

/** Writes the first `count` samples below `folder` and gives their files in order. */
export async function writeFeeds(source: FeedSource, count: number, folder: string, files: Files): Promise<FeedFiles[]> {
  await files.makeFolder(folder);
  const written: FeedFiles[] = [];
  for (let i = 0; i < count; i++) {
    const entries: [string, string][] = [];
    for (const [name, tensor] of await source.feed(i)) {
      const path = join(folder, `${i}-${entries.length}.npy`);
      await files.writeBytes(path, writeNpy(tensor));
      entries.push([name, path]);
    }
    written.push(Object.fromEntries(entries));
  }
  return written;
}
