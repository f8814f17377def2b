/**
 * Rebuilds dist/ elsewhere and compares the list of files and every byte, and what each dependency makes up of it with docs/dependencies.md. Exit 1
 * names what differs and the command that mends it.
 */
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "./build.ts";
import { type LockedPackage, sizeProblems } from "./dependency-rows.ts";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const limitBytes = 4_000_000;

const filesOf = async (folder: string) =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .toSorted();

const fresh = await mkdtemp(join(tmpdir(), "trt-gate-dist-"));
try {
  const bundled = await build(fresh);
  const { packages }: { packages: Record<string, LockedPackage> } = JSON.parse(await readFile(join(root, "package-lock.json"), "utf8"));
  const sizes = sizeProblems(await readFile(join(root, "docs/dependencies.md"), "utf8"), bundled, packages);
  const committed = join(root, "dist");
  const names = new Set([...(await filesOf(committed)), ...(await filesOf(fresh))]);
  const differing: string[] = [];
  let sizeBytes = 0;
  for (const name of names) {
    const [a, b] = await Promise.all([committed, fresh].map((folder) => readFile(join(folder, name)).catch(() => undefined)));
    if (a === undefined || b === undefined || !a.equals(b)) differing.push(name);
    sizeBytes += a?.length ?? 0;
  }
  if (differing.length > 0) {
    console.error(`dist/ does not match the source: ${differing.join(", ")} differ. Run npm run build and commit dist/.`);
    process.exitCode = 1;
  } else if (sizeBytes >= limitBytes) {
    console.error(`dist/ has ${sizeBytes} bytes; the limit is ${limitBytes}. See what was added: npm run build, then du -a dist.`);
    process.exitCode = 1;
  } else if (sizes.length > 0) {
    console.error(sizes.join("\n"));
    process.exitCode = 1;
  } else {
    console.log(`dist/ matches the source: ${names.size} files, ${(sizeBytes / 1e6).toFixed(2)} MB, byte for byte.`);
  }
} finally {
  await rm(fresh, { recursive: true, force: true });
}
