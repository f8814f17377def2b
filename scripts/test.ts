/**
 * Runs every test tier that needs no GPU, one after the other, prints a count per tier and one closing line.
 * A tier without tests fails, and so does a run of all in which a row of the table of faults has no test. Usage: node scripts/test.ts [TIER…] [FILE…]; with files only those run, in the tiers that hold them.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parts } from "../test/faults/rows.ts";
import { selectTests, tierNames } from "./select-tests.ts";
import { type CollectedTest, unmatched } from "./shown-tests.ts";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const { tiers, files } = selectTests(process.argv.slice(2));
const results = mkdtempSync(join(tmpdir(), "trt-gate-tests-"));
const collected: CollectedTest[] = [];
const total = { passed: 0, failed: 0, skipped: 0 };

for (const tier of tiers) {
  const file = join(results, `${tier}.json`);
  const args = [
    join(root, "node_modules/vitest/vitest.mjs"),
    "run",
    "--project",
    tier,
    "--reporter=default",
    "--reporter=json",
    `--outputFile.json=${file}`,
    ...files,
  ];
  const run = spawnSync(process.execPath, args, { cwd: root, stdio: "inherit" });
  const counts = countsOf(file);
  console.log(`${tier}: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  if (counts.passed + counts.failed === 0) console.error(`${tier}: no test ran, which counts as a failure`);
  collected.push(...testsIn(file));
  total.passed += counts.passed;
  total.skipped += counts.skipped;
  // A file that could not be loaded fails the run without a failed case.
  total.failed += Math.max(counts.failed, run.status === 0 && counts.passed > 0 ? 0 : 1);
}
if (files.length === 0 && tierNames.every((tier) => tiers.includes(tier)))
  for (const fault of unmatched(Object.values(parts).flat(), collected)) {
    console.error(`table of faults: ${fault}`);
    total.failed++;
  }
rmSync(results, { recursive: true, force: true });
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
process.exitCode = total.failed === 0 ? 0 : 1;

function countsOf(file: string): { passed: number; failed: number; skipped: number } {
  try {
    const json: { numPassedTests: number; numFailedTests: number; numPendingTests: number; numTodoTests: number } = JSON.parse(
      readFileSync(file, "utf8"),
    );
    return { passed: json.numPassedTests, failed: json.numFailedTests, skipped: json.numPendingTests + json.numTodoTests };
  } catch {
    return { passed: 0, failed: 0, skipped: 0 };
  }
}

function testsIn(file: string): CollectedTest[] {
  try {
    const json: { testResults: { name: string; assertionResults: { ancestorTitles: string[]; title: string }[] }[] } = JSON.parse(
      readFileSync(file, "utf8"),
    );
    return json.testResults.flatMap(({ name, assertionResults }) =>
      assertionResults.map(({ ancestorTitles, title }) => ({ file: relative(root, name), titles: [...ancestorTitles, title] })),
    );
  } catch {
    return [];
  }
}
