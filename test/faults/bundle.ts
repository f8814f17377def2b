/**
 * The sources as they stand, bundled as `npm run build` does: starts in a third of the time of the sources. Built once for all files of a run of this
 * tier, by the first that asks; each then gets a copy in a folder of its own.
 */
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, inject } from "vitest";
import { build } from "../../scripts/build.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

export interface Bundle {
  /** Holds index.js, post.js and cli.js. */
  readonly folder: string;
  remove(): Promise<void>;
}

/** Without `node_modules` it is the action as a runner unpacks it: ONNX Runtime comes from the tool cache. */
export async function freshBundle(beside: readonly string[] = ["node_modules"]): Promise<Bundle> {
  const built = await builtOnce(inject("bundleFolder"));
  const around = await mkdtemp(join(tmpdir(), "bundle-"));
  for (const name of ["package.json", "python", "runtime", ...beside]) symlinkSync(join(root, name), join(around, name));
  const folder = join(around, "dist");
  await cp(built, folder, { recursive: true });
  return { folder, remove: () => rm(around, { recursive: true, force: true }) };
}

/** To be called once in a test file: its own copy, there from before the first test to after the last. */
export function useBundle(): Pick<Bundle, "folder"> {
  let bundle: Bundle | undefined;
  beforeAll(async () => {
    bundle = await freshBundle();
  });
  afterAll(() => bundle?.remove());
  return {
    get folder() {
      if (bundle === undefined) throw new Error("no test runs yet: the bundle is not there");
      return bundle.folder;
    },
  };
}

/** Who makes the folder `building` builds; all others wait for the mark that it leaves. */
async function builtOnce(shared: string): Promise<string> {
  const folder = join(shared, "dist");
  const mark = join(shared, "built");
  const failed = join(shared, "failed");
  if (isFirst(join(shared, "building"))) {
    await build(folder).catch((error: unknown) => {
      writeFileSync(failed, String(error));
      throw error;
    });
    writeFileSync(mark, "");
  }
  while (!existsSync(mark)) {
    if (existsSync(failed)) throw new Error("The bundle could not be built: another test file says why.");
    await delay(100);
  }
  return folder;
}

function isFirst(folder: string): boolean {
  try {
    mkdirSync(folder);
    return true;
  } catch {
    return false;
  }
}
