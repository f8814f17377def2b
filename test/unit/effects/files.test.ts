import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ToolError } from "../../../src/effects/failure.ts";
import { realFiles } from "../../../src/effects/files.ts";

describe("files", () => {
  let root = "";
  const recorded: string[] = [];
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "files-"));
  });
  afterAll(() => rm(root, { recursive: true, force: true }));
  const files = () => realFiles(root, { record: (path) => recorded.push(path) });

  it("turns a full disk into a failure of the machine, named disk-full", async () => {
    const failure = await files()
      .writeText("/dev/full", "x".repeat(100_000))
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ToolError);
    expect(failure).toMatchObject({ reason: "disk-full" });
  });

  it("reads any range, and fewer bytes only at the end", async () => {
    const path = join(root, "bytes");
    await writeFile(
      path,
      Uint8Array.from({ length: 1000 }, (_, i) => i % 251),
    );
    const reader = await files().open(path);
    expect(reader.sizeBytes).toBe(1000);
    expect([...(await reader.read(250, 3))]).toEqual([250, 0, 1]);
    expect(await reader.read(990, 100)).toHaveLength(10);
    expect(await reader.read(5000, 10)).toHaveLength(0);
    await reader.close();
  });

  it("records a temporary folder so that it can be removed later", async () => {
    const folder = await files().makeTempFolder("stage");
    expect(recorded).toContain(folder);
    expect(folder.startsWith(join(root, "trt-gate-stage-"))).toBe(true);
  });

  it("records it before it is there, since the run may be killed in between", async () => {
    const seen: boolean[] = [];
    const early = realFiles(root, { record: (path) => seen.push(existsSync(path)) });
    expect(existsSync(await early.makeTempFolder("early"))).toBe(true);
    expect(seen).toEqual([false]);
  });

  it("appends to what is there, makes what is not, and calls a full disk what it is", async () => {
    const path = join(root, "new folder", "journal.jsonl");
    await files().appendText(path, "one\n");
    await files().appendText(path, "two\n");
    expect(await readFile(path, "utf8")).toBe("one\ntwo\n");
    await expect(files().appendText("/dev/full", "x".repeat(100_000))).rejects.toMatchObject({ reason: "disk-full" });
  });

  it("replaces a text whole, and a link in its place instead of what it leads to", async () => {
    const [path, target] = [join(root, "report.json"), join(root, "target")];
    await writeFile(target, "untouched");
    await symlink(target, path);
    await files().replaceText(path, "new");
    expect([await readFile(path, "utf8"), await readFile(target, "utf8")]).toEqual(["new", "untouched"]);
    expect((await readdir(root)).filter((name) => name.startsWith("report.json."))).toEqual([]);
  });

  it("keeps the old text where the new one cannot be written", async () => {
    const path = join(root, "a folder");
    await mkdir(join(path, "filled"), { recursive: true });
    await expect(files().replaceText(path, "new")).rejects.toThrow();
    expect((await readdir(root)).filter((name) => name.startsWith("a folder"))).toEqual(["a folder"]);
  });

  it("tells a missing file from a broken path by giving nothing", async () => {
    expect(await files().stat(join(root, "none"))).toBeUndefined();
    expect((await files().stat(root))?.kind).toBe("folder");
  });
});
