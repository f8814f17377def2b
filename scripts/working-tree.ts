/** The working tree as git sees it: everything that it knows and does not ignore, as it stands. */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");

/** Copies it into `folder`. `wanted`: of the paths below the root. */
export function copyWorkingTree(folder: string, wanted: (path: string) => boolean = () => true): void {
  const listing = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
  const { stdout, status } = spawnSync("git", listing, { cwd: root, encoding: "utf8", maxBuffer: 1e8 });
  if (status !== 0) throw new Error("git ls-files failed: a copy of the working tree needs a git checkout.");
  for (const path of stdout.split("\0").filter((name) => name !== "" && wanted(name) && existsSync(join(root, name)))) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    cpSync(join(root, path), join(folder, path), { recursive: true, verbatimSymlinks: true, force: true });
  }
}
