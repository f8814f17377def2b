/** Node in other versions than the tests' own, from the npm packages that carry its binary; kept under node_modules/.cache. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const cache = fileURLToPath(new URL("../../node_modules/.cache/node-versions", import.meta.url));
const carrier = `node-${process.platform}-${process.arch}`;

/** Folder with `node` of this version; whether it is there yet is not asked. */
const binOf = (version: string): string => join(cache, version, "node_modules", carrier, "bin");

/** True where it was installed before. */
export const hasNode = (version: string): boolean => existsSync(join(binOf(version), "node"));

/** What npm needs of the environment: without what the npm that runs the tests says of its own project. */
export const npmEnv = (path: string): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^npm_(?!config_(?:registry|cache)$)/i.test(name))),
  PATH: path,
});

/** The folder for the PATH. Installs it where it is missing; throws with npm's words where that fails. */
export function nodeBin(version: string): string {
  if (hasNode(version)) return binOf(version);
  const making = join(cache, `${version}.${process.pid}`);
  mkdirSync(making, { recursive: true });
  const args = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error", "--prefix", making, `${carrier}@${version}`];
  const made = spawnSync("npm", args, { cwd: making, env: npmEnv(process.env.PATH ?? ""), encoding: "utf8", timeout: 150_000 });
  if (made.status !== 0) throw new Error(`npm ${args.join(" ")} ended with ${made.status ?? made.signal}: ${made.stderr.slice(-2000)}`);
  for (const unused of ["include", "share"]) rmSync(join(making, "node_modules", carrier, unused), { recursive: true, force: true });
  rmSync(join(cache, version), { recursive: true, force: true });
  renameSync(making, join(cache, version));
  return binOf(version);
}
