/**
 * Makes the Python environments of the tests (the oracles; NVIDIA's builder) and says where their interpreters are. Reused while the pinned requirements are the same.
 * `node scripts/python-env.ts [oracle] [builder]` prints the interpreters' paths, of the oracles where none is named; progress goes to stderr.
 */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const environments = {
  oracle: { requirements: join(root, "test/oracle/requirements.txt"), folder: join(root, "node_modules/.cache/oracle-venv") },
  builder: { requirements: join(root, "test/oracle/builder-requirements.txt"), folder: join(root, "node_modules/.cache/builder-venv") },
} as const;
const interpreterIn = (folder: string) => (process.platform === "win32" ? join(folder, "Scripts/python.exe") : join(folder, "bin/python"));

/** Path of an interpreter that has everything in test/oracle/requirements.txt. Throws with pip's words where it cannot be made. */
export const oraclePython = (): string => pythonOf("oracle");

/** The same with TensorRT for RTX, some 95 MB of wheels: made only where it is asked for. */
export const builderPython = (): string => pythonOf("builder");

/** True where it was made before. */
export const hasBuilderPython = (): boolean => existsSync(join(environments.builder.folder, "requirements.sha256"));

function pythonOf(name: keyof typeof environments): string {
  const { requirements, folder } = environments[name];
  const wanted = createHash("sha256").update(readFileSync(requirements)).digest("hex");
  const mark = join(folder, "requirements.sha256");
  const isMade = () => existsSync(interpreterIn(folder)) && existsSync(mark) && readFileSync(mark, "utf8") === wanted;
  // Test files run side by side: the first one makes it, the others wait.
  if (!isMade())
    alone(`${folder}.lock`, () => {
      if (isMade()) return;
      process.stderr.write(`Making the Python environment of the tests' ${name} (once)…\n`);
      make(folder, requirements);
      writeFileSync(mark, wanted);
    });
  return interpreterIn(folder);
}

function make(folder: string, requirements: string): void {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  run(process.platform === "win32" ? "python" : "python3", ["-m", "venv", folder]);
  run(interpreterIn(folder), ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements]);
}

/** One process at a time; a lock whose process is gone is taken over. */
function alone(lock: string, action: () => void): void {
  mkdirSync(dirname(lock), { recursive: true });
  while (!claimed(lock)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
  try {
    action();
  } finally {
    rmSync(lock);
  }
}

function claimed(lock: string): boolean {
  try {
    writeFileSync(lock, String(process.pid), { flag: "wx" });
    return true;
  } catch {
    if (!isAlive(holderOf(lock))) rmSync(lock, { force: true });
    return false;
  }
}

/** 0, which counts as alive, where the lock is just being taken or let go. */
function holderOf(lock: string): number {
  try {
    return Number(readFileSync(lock, "utf8"));
  } catch {
    return 0;
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

function run(file: string, args: readonly string[]): void {
  const result = spawnSync(file, args, { encoding: "utf8", timeout: 600_000 });
  if (result.status === 0) return;
  const why = result.error?.message ?? `exit ${result.status}: ${result.stderr.slice(-2000)}`;
  throw new Error(`${file} ${args.join(" ")} failed (${why}). The oracle tests need Python 3.11 or newer with venv, and a package index.`);
}

if (import.meta.main) {
  const names = process.argv.slice(2);
  for (const name of ["oracle", "builder"] as const)
    if (names.includes(name) || (names.length === 0 && name === "oracle")) process.stdout.write(`${pythonOf(name)}\n`);
}
