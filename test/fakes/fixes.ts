/** Fixes to make artefacts from, and a place to run them in. */
import { execFileSync } from "node:child_process";
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Fix } from "../../src/fix/artifact.ts";

/** One unit for each list of nodes; the first node computes. */
export const fixOf = (units: readonly (readonly string[])[], overrides: Partial<Fix> = {}): Fix => ({
  gateVersion: "0.1.0 (abc)",
  model: { name: "cls", path: "models/cls.onnx", sha256: "0".repeat(64) },
  kept: units.map((nodes, i) => ({ unit: `Conv:${nodes[0] ?? i}`, nodes: [...nodes], layers: [] })),
  totalUnits: 54,
  precision: "float16",
  why: "Keeping 2 of 54 units passes.",
  verified: "two fresh engines pass",
  cachePath: "calibration/cls.cache",
  algorithm: "entropy",
  ...overrides,
});

export const pythonFixtures = fileURLToPath(new URL("../fixtures/fix-python", import.meta.url));

/** Runs python3 with the stand-in `tensorrt` in reach. */
export const python = (args: readonly string[], stdin = ""): string =>
  execFileSync("python3", args, {
    input: stdin,
    encoding: "utf8",
    stdio: "pipe",
    env: { PATH: process.env.PATH, PYTHONPATH: pythonFixtures, PYTHONDONTWRITEBYTECODE: "1" },
  });

/** A fresh folder; `dispose` removes it. */
export function scratch(): {
  readonly path: string;
  file(name: string, content: string | Uint8Array): string;
  names(): string[];
  dispose(): void;
} {
  const path = mkdtempSync(join(tmpdir(), "fix-"));
  return {
    path,
    file(name, content) {
      writeFileSync(join(path, name), content);
      return join(path, name);
    },
    names: () => readdirSync(path).toSorted(),
    dispose: () => rmSync(path, { recursive: true }),
  };
}

/** Runs a shell script in `folder` where `program` prints the words it was given, and gives these words. */
export function wordsGivenTo(program: string, script: string, args: readonly string[], folder: ReturnType<typeof scratch>): string[] {
  const fake = folder.file(program, `#!/bin/sh\nfor word in "$@"; do printf '%s\\0' "$word"; done\n`);
  chmodSync(fake, 0o755);
  const path = folder.file("script.sh", script);
  const out = execFileSync("/bin/sh", [path, ...args], { cwd: folder.path, encoding: "utf8", stdio: "pipe", env: { PATH: folder.path } });
  return out.split("\0").slice(0, -1);
}
