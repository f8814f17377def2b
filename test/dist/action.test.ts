/** The action as a runner unpacks it: its repository's files without node_modules. ONNX Runtime comes from the tool cache, or by npm. */
import { cpSync, existsSync, mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { configOf, writeModels } from "./models.ts";
import { bundle, openWorkplace, type Workplace } from "./spawn.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const action = z.object({ runs: z.object({ using: z.string(), main: z.string(), post: z.string(), "post-if": z.string() }) });

let place: Workplace;
beforeEach(async () => {
  place = await openWorkplace((folder) => {
    const home = join(folder, "action");
    cpSync(bundle, join(home, "dist"), { recursive: true });
    for (const name of ["package.json", "action.yml", "runtime"]) cpSync(join(root, name), join(home, name), { recursive: true });
    return join(home, "dist");
  });
  writeModels(place.repository, ["a"]);
  place.repository.commit({ ".github/trt-gate.yml": configOf(["a"]) });
});
afterEach(async () => await place.end());

const run = async () => await place.action({ lane: "simulate", search: "off", "artifact-name": "" }).ended;

describe("the action without node_modules", () => {
  it("holds every file that action.yml names", () => {
    const { runs } = action.parse(parse(readFileSync(join(place.folder, "action/action.yml"), "utf8")));
    expect(runs).toMatchObject({ using: "node24", "post-if": "always()" });
    for (const file of [runs.main, runs.post, "runtime/package.json", "runtime/package-lock.json"])
      expect([file, existsSync(join(place.folder, "action", file))]).toEqual([file, true]);
  });

  it("uses ONNX Runtime from the tool cache, where the hint says to put it", async () => {
    const lock: { packages: Record<string, { version?: string }> } = JSON.parse(
      readFileSync(join(root, "runtime/package-lock.json"), "utf8"),
    );
    const version = lock.packages["node_modules/onnxruntime-node"]?.version ?? "";
    const home = join(place.folder, "tool-cache/onnxruntime-node", version, process.arch);
    mkdirSync(home, { recursive: true });
    symlinkSync(join(root, "node_modules"), join(home, "node_modules"));
    const ended = await run();
    expect(ended.exitCode, ended.log).toBe(0);
    expect(ended.report).toMatchObject({ verdict: "pass", environment: { onnxruntime: expect.stringContaining(version) } });
    expect(ended.log).not.toContain("Installing");
  });
});
