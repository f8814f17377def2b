/** What a run leaves in the temporary folder: nothing, also where something was still writing when it was taken down. */
import { existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { plainLog } from "../../../src/effects/log.ts";
import { realEffects } from "../../../src/effects/real.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "real-effects-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

it("takes away at the last moment what was written again after the run was taken down", async () => {
  const log = plainLog({ write: () => true, isTerminal: false, monotonicMs: () => 0, debug: false });
  const effects = realEffects({ env: { RUNNER_TEMP: root }, cwd: root, log, cancelled: new AbortController().signal });
  const folder = await effects.files.makeTempFolder("model");
  await effects.dispose();
  expect(readdirSync(root)).toEqual([]);
  // Writing makes the folder anew: so does a stage that an uncaught error did not stop at once.
  await effects.files.writeText(join(folder, "staged/model.onnx"), "late");
  expect(existsSync(folder)).toBe(true);
  effects.removeFoldersNow();
  expect(readdirSync(root)).toEqual([]);
  await effects.dispose();
});
