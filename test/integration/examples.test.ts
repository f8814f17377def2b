/** Every example ends as its README says: each command is run in a copy of the folder, its exit code and reasons are read from the page. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { exampleFiles } from "../../scripts/examples.ts";
import type { Report } from "../../src/report/schema.ts";
import { runCommand } from "../support/command.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const examples = join(root, "examples");
const work = mkdtempSync(join(tmpdir(), "trt-gate-examples-"));
afterAll(() => rmSync(work, { recursive: true, force: true }));

interface Shown {
  readonly args: readonly string[];
  readonly exitCode: number;
  /** Model's name -> reason. */
  readonly reasons: Readonly<Record<string, string>>;
}

const shownIn = (readme: string): Shown[] =>
  [...readme.matchAll(/^```console\n\$ trt-gate (.+)\n```\n\nExit code (\d): (.+)\.$/gm)].map(([, line = "", code, said = ""]) => ({
    args: line.split(" "),
    exitCode: Number(code),
    reasons: Object.fromEntries([...said.matchAll(/`([\w-]+)` is [^(`]*\(`([\w-]+)`\)/g)].map(([, model, reason]) => [model, reason])),
  }));

const folders = readdirSync(examples, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
const readmeOf = (folder: string): string => readFileSync(join(examples, folder, "README.md"), "utf8");

/** Run on the stand-in for TensorRT by test/real/given-engines.test.ts. */
const needsGpu = (folder: string): boolean => readmeOf(folder).includes("\nNeeds a GPU ");

describe("an example", () => {
  it("needs a GPU only where it is about engines", () => {
    expect(folders.filter(needsGpu)).toEqual(["given-engines"]);
  });

  it.each(folders.filter((folder) => !needsGpu(folder)))("ends as its README says: %s", (folder) => {
    const readme = readmeOf(folder);
    const shown = shownIn(readme);
    expect(shown).toHaveLength(readme.split("\n$ ").length - 1);
    expect(shown).not.toEqual([]);
    const cwd = join(work, folder);
    cpSync(join(examples, folder), cwd, { recursive: true, filter: (path) => !/\/(trt-gate-report|merged)$/.test(path) });
    for (const { args, exitCode, reasons } of shown) {
      const ran = runCommand(args, cwd);
      const reportPath = args.includes("-o") ? (args[args.indexOf("-o") + 1] ?? "") : "trt-gate-report/report.json";
      const { models }: Report = JSON.parse(readFileSync(join(cwd, reportPath), "utf8"));
      const found = Object.fromEntries(models.map(({ name, reason }) => [name, reason]));
      expect({ args, exitCode: ran.status, reasons: found }, ran.stdout + ran.stderr).toEqual({ args, exitCode, reasons });
    }
  });
});

describe("the folder of examples", () => {
  it("is listed on its page, each folder once", () => {
    const page = readFileSync(join(examples, "README.md"), "utf8");
    expect([...page.matchAll(/^\| \[([\w-]+)\]\(\1\/README\.md\)/gm)].map(([, name]) => name).toSorted()).toEqual(folders.toSorted());
  });

  it("holds the models and samples that the script writes", () => {
    const differing = Object.entries(exampleFiles()).filter(([path, bytes]) => !readFileSync(join(examples, path)).equals(bytes));
    expect(differing.map(([path]) => path)).toEqual([]);
  });

  it("stays below a megabyte", () => {
    const listed = spawnSync("git", ["ls-files", "-co", "--exclude-standard", "examples"], { cwd: root, encoding: "utf8" }).stdout;
    const sizes = listed
      .trim()
      .split("\n")
      .map((path) => readFileSync(join(root, path)).length);
    expect(sizes.length).toBeGreaterThan(20);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(1_000_000);
  });
});
