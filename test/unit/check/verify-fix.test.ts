/** The proof of an accepted set: which engines count for it, and whose figures are shown. */
import { describe, expect, it } from "vitest";
import { verifyFix } from "../../../src/check/fix.ts";
import type { Engine } from "../../../src/model/engine.ts";
import { splitSamples } from "../../../src/search/sample-split.ts";
import type { Confirmation, SearchOutcome } from "../../../src/search/search.ts";
import { type FakeLane, fakeLane } from "../../fakes/lane.ts";
import { measured } from "../../fakes/probes.ts";
import { entryOf } from "../../fakes/settings.ts";

const halves = splitSamples(8, 1);
const reference = [1, -2, 3, 0.5];
/** An engine at so many dB: every value off by the same share. */
const off = (sqnrDb: number) => reference.map((value, i) => value * (1 + (i % 2 === 0 ? 1 : -1) * 10 ** (-sqnrDb / 20)));

/** A lane whose n-th fresh build has the n-th figure; beyond them the last one. The limit is 20 dB. */
const laneAt = (...sqnrDb: readonly number[]) =>
  fakeLane({
    lane: "implicit",
    deterministic: false,
    output: (_, __, build) => ({ reference, candidate: off(sqnrDb[Math.max(0, build - 1)] ?? sqnrDb.at(-1) ?? Number.NaN) }),
    facts: (_, build) => ({ what: `build ${build}`, latencyMs: build }),
  });
const judging = (lane: FakeLane) => ({ entry: entryOf("tolerance: {sqnr-db: {fail: 20}}"), lane, seed: 1, today: "2026-11-24" });

const outcome = (keep: readonly string[], confirmations: readonly Confirmation[]): SearchOutcome => ({
  kind: "prefix",
  method: "ranked",
  message: "",
  units: [],
  rankings: [],
  probes: [],
  prefix: [],
  keep,
  confirmations,
  oneMinimal: false,
  heldOut: undefined,
  advice: [],
  builds: confirmations.length,
  seconds: 1,
  seed: 1,
});

/** Builds so many fresh engines of the set, as a search that confirms it does. */
async function confirmed(lane: FakeLane, keep: readonly string[], count: number): Promise<Confirmation[]> {
  const engines: Engine[] = [];
  for (let n = 0; n < count; n++) engines.push(await lane.build({ keep: new Set(keep) }, { fresh: true }));
  return engines.map((engine) => ({ ...measured(25), engine }));
}

const verify = async (lane: FakeLane, keep: readonly string[], confirmations: readonly Confirmation[]) =>
  await verifyFix(judging(lane), halves, outcome(keep, confirmations));

describe("the proof of an accepted set", () => {
  it("takes the engines that the search confirmed it by, and builds none", async () => {
    const lane = laneAt(25, 24);
    const confirmations = await confirmed(lane, ["Conv:t1"], 2);
    const { verified, engine } = await verify(lane, ["Conv:t1"], confirmations);
    expect(verified).toMatchObject({ passes: true, builds: 2, message: expect.stringContaining("in 2 fresh engine builds: SQNR 24.0 dB") });
    expect(engine).toBe(confirmations[1]?.engine);
  });

  it("is refused by one engine that misses the limit", async () => {
    const lane = laneAt(25, 15);
    const { verified } = await verify(lane, ["Conv:t1"], await confirmed(lane, ["Conv:t1"], 2));
    expect(verified).toMatchObject({ passes: false, builds: 2, message: expect.stringContaining("1 of 2 runs pass") });
  });

  it("builds as many more as are missing, and shows the worst engine with its own latency", async () => {
    const none = laneAt(25, 22);
    const proven = await verify(none, ["Conv:t1"], []);
    expect(proven.verified).toMatchObject({ passes: true, builds: 2, message: expect.stringContaining("SQNR 22.0 dB") });
    expect(proven.engine?.facts).toMatchObject({ what: "build 2", latencyMs: 2 });
    const one = laneAt(25);
    expect((await verify(one, ["Conv:t1"], await confirmed(one, ["Conv:t1"], 1))).verified).toMatchObject({ passes: true, builds: 2 });
  });

  it("does not count what an earlier run confirmed: its engines are gone", async () => {
    const lane = laneAt(15);
    expect((await verify(lane, ["Conv:t1"], [measured(25), measured(25)])).verified).toMatchObject({ passes: false, builds: 2 });
  });

  it("says where another build may miss the limit: builds moved by more than the closest had to spare", async () => {
    const messageOf = async (...sqnrDb: number[]) => (await verify(laneAt(...sqnrDb), ["Conv:t1"], [])).verified.message;
    expect(await messageOf(21, 29)).toContain(
      "Its builds moved by 8.0 dB and the closest passed by 1.0 dB: another build may miss the limit.",
    );
    expect(await messageOf(29, 30)).not.toContain("another build");
    expect(await messageOf(19, 29)).not.toContain("another build");
  });

  it("is refused where an engine ran kept layers in INT8", async () => {
    const lane = fakeLane({
      lane: "implicit",
      output: () => ({ reference, candidate: off(25) }),
      facts: (_, build) => (build === 1 ? { ignored: ["layer 7"] } : {}),
      deterministic: false,
    });
    expect((await verify(lane, ["Conv:t1"], [])).verified).toMatchObject({
      passes: false,
      message: expect.stringContaining('first "layer 7"'),
    });
  });

  it("judges on the half that the search never saw, also where the halves changed places", async () => {
    const lane = laneAt(25);
    await verifyFix(judging(lane), halves, { ...outcome(["Conv:t1"], []), heldOutHalf: "search" });
    expect(lane.asked.map(({ samples }) => samples)).toEqual([halves.search, halves.search]);
  });
});
