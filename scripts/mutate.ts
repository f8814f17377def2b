/**
 * Brings each past fault back in a scratch copy and says whether its test notices (test/mutations/mends.ts). Fails where one does not.
 * The working tree is only read. Usage: node scripts/mutate.ts [WORD…]; with words only the mutations whose fault, file or test holds one of them.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type Mutation, mutations } from "../test/mutations/mends.ts";
import { applyEdits } from "./mutation-edits.ts";
import { selectTests } from "./select-tests.ts";
import { copyWorkingTree } from "./working-tree.ts";

interface Ran {
  readonly passed: number;
  readonly failed: number;
  readonly tail: string;
}

/** A test that hangs notices nothing. */
const longestTestMs = 300_000;

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const words = process.argv.slice(2);
const chosen = mutations.filter((one) => words.length === 0 || words.some((word) => JSON.stringify(one).includes(word)));
if (chosen.length === 0) throw new Error(`No mutation holds ${words.join(" or ")}.`);

const copy = scratchCopy();
const failures: string[] = [];
try {
  const broken = new Set<string>();
  for (const { test, title } of new Map(chosen.map((one) => [`${one.test} ${one.title}`, one])).values()) {
    const { passed, failed, tail } = runTest({ test, title });
    if (passed > 0 && failed === 0) continue;
    broken.add(`${test} ${title}`);
    console.error(`${test}: "${title}" does not pass by itself (${passed} passed, ${failed} failed).\n${tail}`);
  }
  for (const mutation of chosen) {
    const answer = broken.has(`${mutation.test} ${mutation.title}`) ? "no answer" : tryOut(mutation);
    if (answer !== "caught") failures.push(mutation.fault);
    console.log(`${answer.padEnd(10)} ${mutation.fault}  [${mutation.test}]`);
  }
} finally {
  rmSync(copy, { recursive: true, force: true });
}
console.log(`${chosen.length - failures.length} of ${chosen.length} mutations caught`);
process.exitCode = failures.length === 0 ? 0 : 1;

function scratchCopy(): string {
  const folder = mkdtempSync(join(tmpdir(), "trt-gate-mutations-"));
  copyWorkingTree(folder, (path) => !path.startsWith("dist/"));
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
  return folder;
}

function tryOut(mutation: Mutation): string {
  const edited = applyEdits(mutation.edits, (file) => readFileSync(join(root, file), "utf8"));
  for (const [file, text] of edited) writeFileSync(join(copy, file), text);
  const { passed, failed, tail } = runTest(mutation);
  for (const file of edited.keys()) cpSync(join(root, file), join(copy, file));
  if (failed > 0) return "caught";
  // A file that cannot be loaded says nothing about the test.
  if (passed > 0) return "NOT CAUGHT";
  console.error(tail);
  return "no answer";
}

/** Counts of the one test. Both 0: it did not run. */
function runTest({ test, title }: Pick<Mutation, "test" | "title">): Ran {
  const results = join(copy, "results.json");
  rmSync(results, { force: true });
  const [tier = ""] = selectTests([test]).tiers;
  const args = ["run", "--project", tier, "--reporter=json", `--outputFile=${results}`, "-t", `${escapeRegExp(title)}$`, test];
  const { stdout, stderr } = spawnSync(process.execPath, [join(copy, "node_modules/vitest/vitest.mjs"), ...args], {
    cwd: copy,
    encoding: "utf8",
    maxBuffer: 1e8,
    timeout: longestTestMs,
    killSignal: "SIGKILL",
  });
  return { ...countsOf(results), tail: `${stdout}\n${stderr}`.split("\n").slice(-20).join("\n") };
}

function countsOf(results: string): Pick<Ran, "passed" | "failed"> {
  try {
    const json: { numPassedTests: number; numFailedTests: number } = JSON.parse(readFileSync(results, "utf8"));
    return { passed: json.numPassedTests, failed: json.numFailedTests };
  } catch {
    return { passed: 0, failed: 0 };
  }
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
