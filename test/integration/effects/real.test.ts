/** What a run leaves in the temporary folder: nothing, also where something was still writing when it was taken down. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
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

it("lets nothing be written again once the run was taken down, and takes away at the last moment what was under way", async () => {
  const log = plainLog({ write: () => true, isTerminal: false, monotonicMs: () => 0, debug: false });
  const effects = realEffects({ env: { RUNNER_TEMP: root }, cwd: root, log, cancelled: new AbortController().signal });
  const folder = await effects.files.makeTempFolder("model");
  await effects.dispose();
  expect(readdirSync(root)).toEqual([]);
  // A stage that an uncaught error did not stop at once.
  await expect(effects.files.writeText(join(folder, "staged/model.onnx"), "late")).rejects.toThrow(/belongs to a run that has ended/);
  expect(existsSync(folder)).toBe(false);
  mkdirSync(folder);
  effects.removeFoldersNow();
  expect(readdirSync(root)).toEqual([]);
  await effects.dispose();
});
