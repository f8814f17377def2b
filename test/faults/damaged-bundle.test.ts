/**
 * What the entries do where dist/ is not whole: command and action end with 5 and one sentence, the clean-up with 0. Node itself ends such a process with 1,
 * which is the code of a regression.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Bundle, freshBundle } from "./bundle.ts";

let bundle: Bundle;
let chunks: string;
beforeAll(async () => {
  bundle = await freshBundle();
  chunks = join(bundle.folder, "chunks");
}, 120_000);
afterAll(() => bundle.remove());

function run(entry: string) {
  const cwd = mkdtempSync(join(tmpdir(), "damaged-"));
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(bundle.folder, entry), "--version"], {
    cwd,
    encoding: "utf8",
    env: { PATH: process.env.PATH },
  });
  rmSync(cwd, { recursive: true });
  return { status, stdout, stderr };
}

const damages: readonly [string, () => void][] = [
  ["dist/ whose files are cut off", () => eachChunk((path) => writeFileSync(path, readFileSync(path, "utf8").slice(0, -20)))],
  ["dist/ without its chunks", () => rmSync(chunks, { recursive: true })],
];

function eachChunk(change: (path: string) => void): void {
  for (const name of readdirSync(chunks)) change(join(chunks, name));
}

it.each(damages)("%s", (_, damage) => {
  damage();
  const command = run("cli.js");
  expect(command).toMatchObject({ status: 5, stdout: "" });
  expect(command.stderr).toMatch(/^error: trt-gate could not be loaded \(.+\): its dist\/ is damaged or incomplete; install it anew\.\n$/);
  const action = run("index.js");
  expect(action).toMatchObject({ status: 5, stderr: "" });
  expect(action.stdout).toMatch(/^::error::trt-gate could not be loaded \(.+\): its dist\/ is damaged[^\n]*\n$/);
  const post = run("post.js");
  expect(post).toMatchObject({ status: 0, stderr: "" });
  expect(post.stdout).toMatch(/^Not everything could be removed: .+\n$/);
});
