/**
 * Brings each fault into a scratch copy and says whether its test notices (test/mutations/): past ones, and rules broken. Fails where one does not.
 * The working tree is only read, and only at the start. Usage: node scripts/mutate.ts [WORD…]; with words only the mutations whose fault, file or test holds one of them.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { mutations } from "../test/mutations/all.ts";
import type { Mutation } from "../test/mutations/mutation.ts";
import { applyEdits } from "./mutation-edits.ts";
import { oraclePython } from "./python-env.ts";
import { selectTests } from "./select-tests.ts";
import { copyWorkingTree } from "./working-tree.ts";

interface End {
  readonly passed: boolean;
  /** First line of why it failed. */
  readonly why: string;
}

interface Ran {
  /** By the last part of the title; a test that did not run is not there. */
  readonly ends: ReadonlyMap<string, End>;
  readonly tail: string;
}

interface Answer {
  readonly word: "caught" | "NOT CAUGHT" | "no answer";
  readonly why: string;
}

/** A test that hangs notices nothing. */
const longestTestMs = 300_000;

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const words = process.argv.slice(2);
const chosen = mutations.filter((one) => words.length === 0 || words.some((word) => JSON.stringify(one).includes(word)));
if (chosen.length === 0) throw new Error(`No mutation holds ${words.join(" or ")}.`);

const noAnswer: Answer = { word: "no answer", why: "" };
const copy = scratchCopy();
const failures: string[] = [];
try {
  const sound = soundTests();
  for (const mutation of chosen) {
    const { word, why } = sound.has(`${mutation.test} ${mutation.title}`) ? tryOut(mutation) : noAnswer;
    if (word !== "caught") failures.push(mutation.fault);
    console.log(`${word.padEnd(10)} ${mutation.fault}  [${mutation.test}]${why === "" ? "" : `\n             ${why}`}`);
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

/** Those that pass by themselves, as `FILE TITLE`. Says which do not. */
function soundTests(): Set<string> {
  const titlesOf = Map.groupBy(chosen, ({ test }) => test);
  return new Set(
    [...titlesOf].flatMap(([test, own]) => {
      const titles = [...new Set(own.map(({ title }) => title))];
      const { ends, tail } = runTests(test, titles);
      const broken = titles.filter((title) => ends.get(title)?.passed !== true);
      if (broken.length > 0) console.error(`${test}: does not pass by itself: ${broken.join("; ")}\n${tail}`);
      return titles.filter((title) => !broken.includes(title)).map((title) => `${test} ${title}`);
    }),
  );
}

function tryOut({ edits, test, title }: Mutation): Answer {
  const read = (file: string) => readFileSync(join(copy, file), "utf8");
  const edited = applyEdits(edits, read);
  const originals = [...edited.keys()].map((file) => [file, read(file)] as const);
  for (const [file, text] of edited) writeFileSync(join(copy, file), text);
  const unread = [...edited.keys()].find((file) => !isPython(join(copy, file)));
  const { ends, tail } = unread === undefined ? runTests(test, [title]) : { ends: new Map<string, End>(), tail: `${unread} is no Python` };
  for (const [file, text] of originals) writeFileSync(join(copy, file), text);
  const end = ends.get(title);
  // A file that cannot be loaded says nothing about the test.
  if (end === undefined) console.error(tail);
  if (end === undefined) return noAnswer;
  return end.passed ? { word: "NOT CAUGHT", why: "" } : { word: "caught", why: end.why };
}

/** True for every other file: a worker that cannot be loaded fails all tests, and a module all that import it. */
function isPython(path: string): boolean {
  const compiles = ["-c", "import sys; compile(open(sys.argv[1], encoding='utf-8').read(), sys.argv[1], 'exec')", path];
  return !path.endsWith(".py") || spawnSync(oraclePython(), compiles).status === 0;
}

function runTests(test: string, titles: readonly string[]): Ran {
  const results = join(copy, "results.json");
  rmSync(results, { force: true });
  const [tier = ""] = selectTests([test]).tiers;
  const pattern = `(${titles.map(escapeRegExp).join("|")})$`;
  const args = ["run", "--project", tier, "--reporter=json", `--outputFile=${results}`, "-t", pattern, test];
  const { stdout, stderr } = spawnSync(process.execPath, [join(copy, "node_modules/vitest/vitest.mjs"), ...args], {
    cwd: copy,
    encoding: "utf8",
    maxBuffer: 1e8,
    timeout: longestTestMs * titles.length,
    killSignal: "SIGKILL",
  });
  return { ends: endsIn(results), tail: `${stdout}\n${stderr}`.split("\n").slice(-20).join("\n") };
}

interface Results {
  readonly testResults: readonly {
    readonly assertionResults: readonly {
      readonly title: string;
      readonly status: string;
      readonly failureMessages?: readonly string[];
    }[];
  }[];
}

/** Empty where the run left no results. */
function endsIn(path: string): Map<string, End> {
  try {
    const results: Results = JSON.parse(readFileSync(path, "utf8"));
    const ran = results.testResults
      .flatMap((file) => file.assertionResults)
      .filter(({ status }) => status === "passed" || status === "failed");
    return new Map(
      ran.map(({ title, status, failureMessages: [message = ""] = [] }) => [
        title,
        { passed: status === "passed", why: (message.split("\n")[0] ?? "").slice(0, 160) },
      ]),
    );
  } catch {
    return new Map();
  }
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
}
