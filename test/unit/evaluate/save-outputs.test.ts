import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { fanOut, type OutputSink } from "../../../src/evaluate/output-sinks.ts";
import { savedOutputs } from "../../../src/evaluate/save-outputs.ts";
import { openSaved } from "../../../src/formats/open-saved.ts";
import { readTensor } from "../../../src/formats/stored-array.ts";
import { plainCandidate } from "../../../src/model/unit.ts";
import { type FakeLane, fakeLane } from "../../fakes/lane.ts";
import { type RunEffects, runEffects } from "../../fakes/run-effects.ts";
import { settingsOf } from "../../fakes/settings.ts";

let effects: RunEffects;
afterEach(() => effects.end());

/** The runner's name and the values of each iteration; undefined where an iteration holds no tensor. */
async function read(file: string) {
  const path = join(effects.cwd, file);
  const [runner] = (await openSaved(path, effects.files)).runners;
  const reader = await effects.files.open(path);
  const values: (number[] | undefined)[] = [];
  for (const iteration of runner?.iterations ?? []) {
    const array = iteration.get("y");
    values.push(array && [...(await readTensor("y", array, reader)).data].map(Number));
  }
  await reader.close();
  return [runner?.name, values];
}

const runInto = async (lane: FakeLane, sinks: readonly OutputSink[]) => {
  const engine = await lane.build(plainCandidate);
  for await (const _ of fanOut(engine.outputs([0, 1, 2, 3, 4, 5, 6, 7]), sinks));
};

describe("saved outputs", () => {
  it("hold both sides of every sample in order, from one run of each sample", async () => {
    effects = await runEffects();
    const lane = fakeLane({ output: (sample) => ({ reference: [sample, 1], candidate: sample === 3 ? undefined : [sample, 2] }) });
    const all = [0, 1, 2, 3, 4, 5, 6, 7];
    await runInto(
      lane,
      await savedOutputs("a model/of two", "simulate", { effects, settings: settingsOf("", { "save-outputs": "outputs" }) }),
    );
    expect(lane.asked.flatMap(({ samples }) => samples)).toEqual(all);
    expect(await read("outputs/a-model-of-two-e6ca8ddf.reference.json")).toEqual(["trt-gate-simulate-reference", all.map((i) => [i, 1])]);
    const candidate = all.map((i) => (i === 3 ? undefined : [i, 2]));
    expect(await read("outputs/a-model-of-two-e6ca8ddf.candidate.json")).toEqual(["trt-gate-simulate-candidate", candidate]);
  });

  it("are not written, and nothing runs, where no folder is named", async () => {
    effects = await runEffects();
    expect(await savedOutputs("m", "simulate", { effects, settings: settingsOf("") })).toEqual([]);
    expect(await effects.files.list(effects.cwd)).toEqual([]);
  });
});
