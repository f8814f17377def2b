/**
 * What `npm test` checks a share of, in full: 10,000 damaged files of each format, 200 runs in one process; every node-test model of the onnx package and every
 * model of the zoo.
 * Usage: node scripts/test-deep.ts [COUNT] [FROM]
 */
import { spawnSync } from "node:child_process";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const [count = "10000", from = "1"] = process.argv.slice(2);
const vitest = (project: string, files: readonly string[], env: Readonly<Record<string, string>>): number => {
  const args = [join(root, "node_modules/vitest/vitest.mjs"), "run", "--project", project, ...files];
  return spawnSync(process.execPath, args, { cwd: root, stdio: "inherit", env: { ...process.env, ...env } }).status ?? 4;
};
const ends = [
  vitest("faults", ["test/faults/fuzz", "test/faults/load"], { TRT_GATE_FUZZ: count, TRT_GATE_FUZZ_FROM: from, TRT_GATE_RUNS: "200" }),
  vitest("real", ["test/real/node-models", "test/real/zoo"], { TRT_GATE_NODE_STEP: "1", TRT_GATE_ZOO: "all" }),
];
process.exitCode = Math.max(...ends);
