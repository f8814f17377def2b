/** Fuzzing and load in full: 10,000 damaged files of each format, 200 runs in one process. Usage: node scripts/test-deep.ts [COUNT] [FROM] */
import { spawnSync } from "node:child_process";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const [count = "10000", from = "1"] = process.argv.slice(2);
const run = spawnSync(
  process.execPath,
  [join(root, "node_modules/vitest/vitest.mjs"), "run", "--project", "faults", "test/faults/fuzz", "test/faults/load"],
  {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, TRT_GATE_FUZZ: count, TRT_GATE_FUZZ_FROM: from, TRT_GATE_RUNS: "200" },
  },
);
process.exitCode = run.status ?? 4;
