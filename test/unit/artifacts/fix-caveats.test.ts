/** What a check with the kept units would say besides: a proof by limits on a part of the samples does not tell it. */
import { expect, it } from "vitest";
import { withLeft } from "../../../src/artifacts/fix.ts";
import { fixCaveats } from "../../../src/artifacts/fix-caveats.ts";
import { ToolError } from "../../../src/effects/failure.ts";
import { judgeOutputs } from "../../../src/evaluate/outputs.ts";
import { fixCaveatWords } from "../../../src/report/sections/labels.ts";
import { type FakeLaneOptions, fakeLane } from "../../fakes/lane.ts";
import { entryOf } from "../../fakes/settings.ts";

const left = async (output: FakeLaneOptions["output"]) => {
  const lane = fakeLane({ output });
  const judging = { entry: entryOf("tolerance: {sqnr-db: {fail: 20}}"), lane, seed: 1, today: "2026-11-24" };
  const engine = await lane.build({ keep: new Set(["Conv:t1"]) });
  return { judging, engine, lane, found: await fixCaveats(judging, engine, undefined) };
};
const varied = (sample: number): number[] => [sample - 3, 3 - sample * 2];
const onAnchors = (sample: number): number[] => varied(sample).map((value) => value + 5000);

const verified = { by: "simulated", passes: true, builds: 1, message: "Proved on 3 samples: 40 dB.", outputs: [] } as const;

it("names what varies and is lost, over all samples and not those of the proof alone", async () => {
  const { found, lane } = await left((sample) => ({ reference: onAnchors(sample), candidate: [5000, 5000] }));
  expect(found.map(({ reason }) => reason)).toEqual(["variation-lost"]);
  expect(lane.asked.at(-1)?.samples).toHaveLength(8);
  const told = withLeft({ ...verified, outputs: [] }, found);
  expect(told.message).toMatch(/^Proved on 3 samples: 40 dB\. Caveat of the fix \(variation-lost\): "y" /);
  expect(told.passes).toBe(true);
  expect(fixCaveatWords({ files: [], latency: null, verified: told })).toBe(", with the caveat variation-lost");
});

it("gives the verdict's own reason where all samples together are no pass", async () => {
  const { found } = await left((sample) => ({ reference: varied(sample), candidate: sample < 4 ? varied(sample) : [0, 0] }));
  expect(found).toEqual([
    { reason: "limit-exceeded", message: expect.stringMatching(/^on all samples it is a regression: "y" has SQNR/i) },
  ]);
});

it("is silent where a check would pass without a caveat", async () => {
  const { found } = await left((sample) => ({ reference: varied(sample), candidate: varied(sample) }));
  expect(found).toEqual([]);
  expect(withLeft({ ...verified, outputs: [] }, found)).toEqual(verified);
  expect(fixCaveatWords({ files: [], latency: null, verified: { ...verified, outputs: [] } })).toBe("");
});

it("takes the proof's own samples where a tool fails", async () => {
  const { judging, engine } = await left((sample) => ({ reference: onAnchors(sample), candidate: [5000, 5000] }));
  const proofRun = await judgeOutputs(judging, engine, [0, 1, 2, 3]);
  const broken = {
    ...engine,
    outputs: () => {
      throw new ToolError("runtime-failed", "it ended");
    },
  };
  expect((await fixCaveats(judging, broken, proofRun)).map(({ reason }) => reason)).toEqual(["variation-lost"]);
  expect(await fixCaveats(judging, broken, undefined)).toEqual([]);
});
