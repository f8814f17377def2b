/** Worker threads that fail: the comparison fails with their words, the process goes on. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startPool } from "../../src/compare/worker-pool.ts";
import { FileError, ToolError } from "../../src/effects/failure.ts";
import { realFiles } from "../../src/effects/files.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "worker-pool-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const pool = (script: string) => {
  const path = join(folder, "worker.mjs");
  writeFileSync(path, script);
  return startPool(2, realFiles(undefined, { record: () => undefined }), pathToFileURL(path));
};

describe("a comparison thread", () => {
  it("that fails at work fails every question under way", async () => {
    const busy = pool(
      `import { parentPort } from "node:worker_threads"; parentPort.on("message", () => { throw new Error("fell over a file") });`,
    );
    const asked = await Promise.allSettled(["a", "b", "c", "d"].map((path) => busy.open(path)));
    expect(asked.map((one) => one.status === "rejected" && String(one.reason).includes("fell over a file"))).toEqual([
      true,
      true,
      true,
      true,
    ]);
    await busy.close();
  });

  it("that finds a file gone says so of the file", async () => {
    const threads = startPool(1, realFiles(undefined, { record: () => undefined }));
    const header = { dtype: "float32", littleEndian: true, fortranOrder: false, shape: [1], dataOffset: 0, dataBytes: 4 } as const;
    const place = { kind: "raw", start: 0, length: 4 } as const;
    const gone = { kind: "array", file: join(folder, "gone.npy"), place, header } as const;
    const job = { reference: gone, candidate: gone, first: 0, count: 1, topK: undefined, byEntry: false, byValue: false, atol: 0, rtol: 0 };
    const failed = await threads.measure(job).catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(FileError);
    expect(failed).toMatchObject({ file: gone.file });
    await threads.close();
  });

  it.each([
    ["machine's fault", `parentPort.postMessage({ kind: "tool-error", reason: "file-system", message: "the disk failed" })`, "file-system"],
    ["lack of memory", `const kept = []; for (;;) kept.push(new Array(1e6).fill(0).map(String))`, "out-of-memory"],
  ])("passes a %s on as the machine's", async (_, line, reason) => {
    const threads = pool(`import { parentPort } from "node:worker_threads"; parentPort.on("message", () => { ${line} });`);
    const failed = await threads.open("x").catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(ToolError);
    expect(failed).toMatchObject({ reason });
    await threads.close();
  });
});
