/** A folder for the bundle that the files of this tier share, empty until the first asks for it, and gone when all have run. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TestProject } from "vitest/node";

declare module "vitest" {
  export interface ProvidedContext {
    bundleFolder: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), "shared-bundle-"));
  project.provide("bundleFolder", folder);
  return () => rm(folder, { recursive: true, force: true });
}
