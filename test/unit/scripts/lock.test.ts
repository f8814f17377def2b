/** What the check of the lock files finds. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { lockProblems, undocumented } from "../../../scripts/check-lock.ts";
import { rowProblems, sizeProblems } from "../../../scripts/dependency-rows.ts";

const sound = { version: "1.0.0", integrity: `sha512-${"A".repeat(86)}==` };
const problemsOf = (change: object, allowScripts: Record<string, boolean> = {}) =>
  lockProblems({ lockfileVersion: 3, packages: { "": {}, "node_modules/a": { ...sound, ...change } } }, { allowScripts });

describe("the lock files", () => {
  it("are sound as they are", () => {
    const manifest = JSON.parse(readFileSync("package.json", "utf8"));
    for (const file of ["package-lock.json", "runtime/package-lock.json"])
      expect(lockProblems(JSON.parse(readFileSync(file, "utf8")), manifest), file).toEqual([]);
    expect(undocumented(manifest, readFileSync("docs/dependencies.md", "utf8"))).toEqual([]);
  });

  it.each([
    ["another registry", { resolved: "https://evil.example/a.tgz" }, /comes from https:\/\/evil\.example/],
    ["a git address", { resolved: "git+ssh://git@github.com/a/a.git" }, /comes from git\+ssh/],
    ["no integrity", { integrity: undefined }, /has the integrity none/],
    ["SHA-1", { integrity: "sha1-AAAA" }, /no SHA-512/],
    ["a link", { link: true }, /is a link/],
    ["an install script", { hasInstallScript: true }, /install script/],
  ])("are refused for %s", (_, change, problem) => {
    expect(problemsOf(change).join("\n")).toMatch(problem);
  });

  it("may have an install script that is named, allowed or not", () => {
    expect(problemsOf({ hasInstallScript: true }, { a: false })).toEqual([]);
    expect(problemsOf({})).toEqual([]);
  });

  it.each([
    ["no purpose", "| `a` | | a grammar | MIT |", "a does not say what it does."],
    ["no reason", "| `a` | parses | - | MIT |", "a has no reason why it is not our own."],
    ["another licence", "| `a` | parses | a grammar | ISC |", "a has the licence MIT, and its row says ISC."],
    ["nothing missing", "| `a` | parses | a grammar | MIT |", undefined],
  ])("need rows that say it all: %s", (_, row, problem) => {
    expect(rowProblems(row, { "node_modules/a": { license: "MIT" } })).toEqual(problem === undefined ? [] : [problem]);
  });

  it("need the size that each makes up with what it brings, and a row behind every bundled package", () => {
    const packages = {
      "node_modules/a": { dependencies: { b: "1" } },
      "node_modules/b": { dependencies: { a: "1" } },
      "node_modules/c": {},
    };
    const row = (size: string) => `| \`a\` | parses | a grammar | MIT | ${size} |`;
    const bundled = new Map([
      ["a", 100],
      ["b", 1000],
    ]);
    expect(sizeProblems(row("1,100"), bundled, packages)).toEqual([]);
    expect(sizeProblems(row("100"), bundled, packages)).toEqual([
      "a makes up 1100 KiB of the bundle, and its row in docs/dependencies.md says 100.",
    ]);
    expect(sizeProblems(row("-"), bundled, packages)).toHaveLength(1);
    expect(sizeProblems(row("1,100"), new Map([...bundled, ["c", 1]]), packages)).toEqual([
      "c is bundled, and no row of docs/dependencies.md brings it.",
    ]);
  });

  it("need a row for each dependency, and no other", () => {
    expect(undocumented({ devDependencies: { a: "1" } }, "| `b` | x |")).toEqual([
      "a has no row in docs/dependencies.md.",
      "docs/dependencies.md has a row for b, which is no dependency.",
    ]);
  });
});
