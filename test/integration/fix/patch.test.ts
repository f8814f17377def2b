import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { filePatch } from "../../../src/fix/patch.ts";

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
