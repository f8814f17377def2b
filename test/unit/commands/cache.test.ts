import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { run } from "../../../src/commands/cache.ts";
import { runWords } from "./lines.ts";

const header = "TRT-8601-EntropyCalibration2\n";
let cwd: string;
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), "cache-"));
  await writeFile(join(cwd, "old.cache"), `${header}a: 3f800000\nb: 3f800000\nc: 3f800000\n`);
  await writeFile(join(cwd, "new.cache"), `${header}a: 3f800000\nb: 40800000\nd: 3f800000\n`);
  await writeFile(join(cwd, "hostile.cache"), `${header}::error::x: 3f800000\nb: 40800000\n`);
});
afterAll(async () => await rm(cwd, { recursive: true, force: true }));

describe("trt-gate cache", () => {
  test("diff lists what moved, came and went, and exits 0", async () => {
    const { exitCode, out } = await runWords(["cache", "diff", "old.cache", "new.cache"], run, { cwd });
    expect(exitCode).toBe(0);
    expect(out).toBe(
      "Moved scales: 1\n  x4.000  1.000 -> 4.000  b\nOnly in the new cache: 1\n  d\nOnly in the old cache: 1\n  c\n1 moved, 1 unchanged, 1 added, 1 removed.\n",
    );
  });

  test("diff --json gives the same as data", async () => {
    const { out } = await runWords(["cache", "diff", "old.cache", "new.cache", "--json"], run, { cwd });
    expect(JSON.parse(out)).toMatchObject({
      moved: [{ tensor: "b", old: 1, new: 4, ratio: 4 }],
      added: ["d"],
      removed: ["c"],
      unchanged: 1,
    });
  });

  test("names that look like workflow commands come out inert", async () => {
    const { out } = await runWords(["cache", "diff", "old.cache", "hostile.cache"], run, { cwd });
    expect(out).not.toMatch(/^\s*::error::/m);
    expect(out).toContain("error");
  });

  test("a file that is missing or no cache command is a usage error", async () => {
    const missing = await runWords(["cache", "diff", "old.cache", "none.cache"], run, { cwd });
    expect([missing.exitCode, missing.err]).toEqual([2, expect.stringContaining("none.cache is not there")]);
    const unknown = await runWords(["cache", "constructor", "old.cache", "new.cache"], run, { cwd });
    expect([unknown.exitCode, unknown.err]).toEqual([2, expect.stringContaining("cache check, cache diff or cache to-qdq")]);
  });

  test("to-qdq without a file to write is a usage error", async () => {
    const { exitCode, err } = await runWords(["cache", "to-qdq", "old.cache", "m.onnx"], run, { cwd });
    expect([exitCode, err]).toEqual([2, expect.stringContaining("-o OUT.onnx")]);
  });
});
