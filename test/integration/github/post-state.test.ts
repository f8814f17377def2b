import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { appendFile, mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { cleanUp, recordResource } from "../../../src/github/post-state.ts";

let outer: string;
let root: string;
let state: string;
beforeEach(async () => {
  outer = await realpath(await mkdtemp(join(tmpdir(), "left-behind-")));
  root = join(outer, "runner-temp");
  state = join(outer, "state");
  await mkdir(root);
  await writeFile(state, "");
});
afterEach(async () => await rm(outer, { recursive: true, force: true }));

const journalPath = async () => (await readFile(state, "utf8")).trim().split("=")[1] ?? "";

describe("post", () => {
  it("removes recorded folders and leaves their neighbours", async () => {
    await mkdir(join(root, "trt-gate-made"));
    await mkdir(join(root, "trt-gate-other"));
    recordResource(state, root).folder(join(root, "trt-gate-made"));
    expect(await cleanUp(await journalPath(), root)).toEqual([join(root, "trt-gate-made")]);
    expect([existsSync(join(root, "trt-gate-made")), existsSync(join(root, "trt-gate-other"))]).toEqual([false, true]);
    expect(existsSync(await journalPath())).toBe(false);
  });

  it("removes nothing outside the runner's temporary folder, by whatever way", async () => {
    const precious = join(outer, "precious");
    await mkdir(precious);
    await symlink(precious, join(root, "link"));
    const memory = recordResource(state, root);
    for (const path of [precious, join(root, "..", "precious"), join(root, "link"), root]) memory.folder(path);
    expect(await cleanUp(await journalPath(), root)).toEqual([]);
    expect([existsSync(precious), existsSync(root)]).toEqual([true, true]);
  });

  it("ends a recorded child that still runs, with its group", async () => {
    const child = spawn("sh", ["-c", "sleep 60 & wait"], { detached: true, stdio: "ignore" });
    const gone = new Promise<string | null>((resolve) => child.once("exit", (_, signal) => resolve(signal)));
    recordResource(state, root).child(child.pid ?? 0);
    expect(await cleanUp(await journalPath(), root)).toEqual([`process ${child.pid}`]);
    expect(await gone).toBe("SIGKILL");
  });

  it("leaves a process alone that only has the same number", async () => {
    const child = spawn("sleep", ["60"], { detached: true, stdio: "ignore" });
    recordResource(state, root).child(child.pid ?? 0);
    const journal = await journalPath();
    await writeFile(journal, (await readFile(journal, "utf8")).replace(/"started":"\d+"/, '"started":"1"'));
    expect(await cleanUp(journal, root)).toEqual([]);
    expect(child.kill("SIGTERM")).toBe(true);
  });

  it("reads what a killed run wrote up to its cut last line", async () => {
    await mkdir(join(root, "made"));
    recordResource(state, root).folder(join(root, "made"));
    await appendFile(await journalPath(), '{"folder": "/et');
    expect(await cleanUp(await journalPath(), root)).toEqual([join(root, "made")]);
  });

  it("does nothing where the step never started or the state names a file elsewhere", async () => {
    const foreign = join(outer, "made.jsonl");
    await mkdir(join(root, "made"));
    await writeFile(foreign, JSON.stringify({ folder: join(root, "made") }));
    expect(await cleanUp(undefined, root)).toEqual([]);
    expect(await cleanUp(foreign, root)).toEqual([]);
    expect(existsSync(join(root, "made"))).toBe(true);
  });
});
