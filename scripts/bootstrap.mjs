/**
 * Runs a script of this project on its own Node, from a bare clone: installs what package-lock.json names when that is missing or stale.
 * Plain JavaScript, since it is what an older Node meets first. Usage: node scripts/bootstrap.mjs SCRIPT [ARG…]
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stamp = join(root, "node_modules", ".installed-from");
const wanted = createHash("sha256")
  .update(readFileSync(join(root, "package-lock.json")))
  .digest("hex");
const installed = existsSync(stamp) ? readFileSync(stamp, "utf8") : "";

if (installed !== wanted) {
  console.error(installed === "" ? "Installing what package-lock.json names (once) …" : "package-lock.json changed: installing again …");
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  const args = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
  // onnxruntime-node would download GPU libraries that the CPU lane never uses.
  const result = spawnSync(npm, args, {
    cwd: root,
    stdio: ["ignore", 2, 2],
    env: { ...process.env, ONNXRUNTIME_NODE_INSTALL: "skip" },
    shell: process.platform === "win32",
  });
  if (result.status !== 0) {
    console.error(
      `npm ${args.join(" ")} ended with ${result.status ?? result.signal ?? result.error}: see its lines above, then run this again.`,
    );
    process.exit(4);
  }
  writeFileSync(stamp, wanted);
}

const own = join(root, "node_modules", "node", "bin", process.platform === "win32" ? "node.exe" : "node");
const node = existsSync(own) ? own : process.execPath;
const [script, ...rest] = process.argv.slice(2);
const env = { ...process.env, PATH: `${dirname(node)}${process.platform === "win32" ? ";" : ":"}${process.env.PATH ?? ""}` };
const child = spawnSync(node, [join(root, script), ...rest], { cwd: process.env.INIT_CWD ?? root, stdio: "inherit", env });
process.exit(child.status ?? 4);
