import { afterEach, beforeEach, expect, it } from "vitest";
import { openSaved } from "../../../src/formats/open-saved.ts";
import { type RunEffects, runEffects } from "../../fakes/run-effects.ts";

let effects: RunEffects;
beforeEach(async () => {
  effects = await runEffects();
});
afterEach(() => effects.end());

it.each([
  ["times of trtexec", [{ startEnqMs: 1.5, endEnqMs: 1.75, startComputeMs: 1.5, endComputeMs: 2.25 }]],
  ["a layer profile of trtexec", [{ count: 12 }, { name: "a", timeMs: 1.5, averageMs: 0.125, percentage: 100 }]],
  ["a replay of polygraphy debug", { _N0_outputs: [["a"], "good"], _N1_outputs: [["b"], "bad"] }],
  ["an engine's layers", { Layers: [{ Name: "a" }], Bindings: ["x"] }],
  ["a report of this gate", { schemaVersion: 1, models: [] }],
  ["is JSON, but neither outputs nor inputs", { threshold: 0.5, names: ["a"] }],
  ["is JSON, but neither outputs nor inputs", [1, 2, 3]],
])("a JSON file that is no tensors is called what it is: %s", async (what, json) => {
  const path = `${effects.folder}/file.json`;
  await effects.files.writeText(path, JSON.stringify(json));
  await expect(openSaved(path, effects.files)).rejects.toThrow(what);
  await expect(openSaved(path, effects.files)).rejects.toThrow(
    "Give a file of --save-outputs, --save-inputs (polygraphy) or --exportOutput (trtexec).",
  );
});
