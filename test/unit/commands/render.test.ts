import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { run } from "../../../src/commands/render.ts";
import { sampleFix, sampleModel, sampleReport } from "../../fakes/report.ts";
import { runWords } from "./lines.ts";

let cwd = "";
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), "trt-gate-render-"));
  await mkdir(join(cwd, "fix/text-direction"), { recursive: true });
  await writeFile(join(cwd, "fix/text-direction/fix_precision.py"), "DATA = 'eyJ4Ijoxfq=='\n");
  await writeFile(join(cwd, "report.json"), JSON.stringify(sampleReport()));
});
afterEach(() => rm(cwd, { recursive: true, force: true }));

it("renders the comment with the script that lies beside the report", async () => {
  const { exitCode, out } = await runWords(["render", "report.json", "--as", "comment"], run, { cwd });
  expect(exitCode).toBe(0);
  expect(out).toMatch(/^<!-- trt-gate v1 key=accuracy\/check -->/);
  expect(out).toContain("```python\nDATA = 'eyJ4Ijoxfq=='\n```");
});

it("renders the summary", async () => {
  const { out } = await runWords(["render", "report.json", "--as", "summary"], run, { cwd });
  expect(out).toMatch(/^### ❌ Do not merge/);
});

it("writes the page into a file and nothing to stdout", async () => {
  const { out } = await runWords(["render", "report.json", "--as", "html", "-o", "page.html"], run, { cwd });
  expect(out).toBe("");
  expect(await readFile(join(cwd, "page.html"), "utf8")).toMatch(/^<!doctype html>/);
});

it("reads no file outside the report's folder", async () => {
  await mkdir(join(cwd, "inner"));
  await writeFile(join(cwd, "secret.py"), "SECRET");
  const fix = sampleFix({ files: [{ format: "polygraphy", path: "../secret.py", command: "x", leftOut: [] }] });
  await writeFile(join(cwd, "inner/report.json"), JSON.stringify(sampleReport({ models: [sampleModel({ fix })] })));
  expect((await runWords(["render", "inner/report.json", "--as", "comment"], run, { cwd })).out).not.toContain("SECRET");
});

it.each([
  ["no JSON", "{", "is not JSON"],
  ["another file", '{"lst": []}', "is not a report of this gate"],
  ["another version", JSON.stringify({ ...sampleReport(), schemaVersion: 2 }), "schemaVersion"],
])("refuses %s with what is wrong and exit 2", async (_, text, words) => {
  await writeFile(join(cwd, "other.json"), text);
  const { exitCode, err } = await runWords(["render", "other.json", "--as", "html"], run, { cwd });
  expect(exitCode).toBe(2);
  expect(err).toContain(words);
});
