import { mkdtemp, rm, writeFile } from "node:fs/promises";
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

  it("tells a missing file from a broken path by giving nothing", async () => {
    expect(await files().stat(join(root, "none"))).toBeUndefined();
    expect((await files().stat(root))?.kind).toBe("folder");
  });
});
