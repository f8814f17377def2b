import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { applyCommand, filePatch } from "../../../src/fix/patch.ts";
import { makeRepository } from "../../fakes/repository.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "trt-gate-patch-"));
  execFileSync("git", ["init", "-q"], { cwd: folder });
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What git makes of it. */
function applied(path: string, before: string | undefined, after: string): string {
  rmSync(join(folder, path), { force: true });
  if (before !== undefined) writeFileSync(join(folder, path), before);
  execFileSync("git", ["apply", "-"], { cwd: folder, input: filePatch(path, before, after) ?? "" });
  return readFileSync(join(folder, path), "utf8");
}

const texts = fc.array(fc.constantFrom("a", "b", "", "long line"), { maxLength: 8 }).map((lines) => lines.join("\n"));

it("gives git the file as it is afterwards, with and without a last line break", () => {
  fc.assert(
    fc.property(texts, texts, (before, after) => {
      fc.pre(before !== after && before !== "" && after !== "");
      expect(applied("f.yml", before, after)).toBe(after);
    }),
    { numRuns: 25 },
  );
});

it("makes a new file, also under a name with spaces", () => {
  expect(applied("my keep.json", undefined, "{\n}\n")).toBe("{\n}\n");
});

it("makes nothing of an equal text, or of a name that git would quote", () => {
  expect(filePatch("a", "x", "x")).toBeUndefined();
  expect(filePatch('a"b', undefined, "x")).toBeUndefined();
});

describe("the command that takes it", () => {
  const config = "models:\n  - path: m.onnx\n";
  const changed = "models:\n  - path: m.onnx\n    keep: m.keep.json\n";

  it.each([
    ["is committed", "committed"],
    ["is not", "changed"],
  ] as const)("leaves one commit with both files where the configuration %s", (_, inGit) => {
    const repository = makeRepository(mkdtempSync(join(tmpdir(), "patch-command-")));
    onTestFinished(() => rmSync(repository.folder, { recursive: true, force: true }));
    repository.commit({ "README.md": "x", ...(inGit === "committed" ? { "gate.yml": config } : {}) });
    repository.write({
      "gate.yml": config,
      "keep.patch": `${filePatch("m.keep.json", undefined, "{}\n")}${filePatch("gate.yml", config, changed)}`,
    });
    const command = applyCommand({ patch: "keep.patch", files: ["gate.yml", "m.keep.json"], inGit, message: "Keep it's unit" });
    const env = { ...process.env, GIT_AUTHOR_NAME: "t", GIT_AUTHOR_EMAIL: "t@e", GIT_COMMITTER_NAME: "t", GIT_COMMITTER_EMAIL: "t@e" };
    execFileSync("sh", ["-c", command], { cwd: repository.folder, env, stdio: "pipe" });
    expect(repository.git("show", "HEAD:gate.yml")).toBe(changed.trim());
    expect(repository.git("show", "HEAD:m.keep.json")).toBe("{}");
    expect(repository.git("log", "-1", "--format=%s")).toBe("Keep it's unit");
  });

  it("changes the files and ends well outside a repository", () => {
    const outside = mkdtempSync(join(tmpdir(), "patch-outside-"));
    onTestFinished(() => rmSync(outside, { recursive: true, force: true }));
    writeFileSync(join(outside, "gate.yml"), config);
    writeFileSync(join(outside, "keep.patch"), filePatch("gate.yml", config, changed) ?? "");
    const command = applyCommand({ patch: "keep.patch", files: ["gate.yml"], inGit: "no-repository", message: "Keep it" });
    execFileSync("sh", ["-c", command], { cwd: outside, env: { ...process.env, GIT_CEILING_DIRECTORIES: tmpdir() }, stdio: "pipe" });
    expect(readFileSync(join(outside, "gate.yml"), "utf8")).toBe(changed);
  });
});
