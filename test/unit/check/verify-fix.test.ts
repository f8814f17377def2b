/** The proof of an accepted set: which builds count for it. */
import { describe, expect, it } from "vitest";
import { verifyFix } from "../../../src/check/fix.ts";
import { splitSamples } from "../../../src/search/sample-split.ts";
import type { ProbeRecord, SearchOutcome } from "../../../src/search/search.ts";
import { fakeLane } from "../../fakes/lane.ts";
import { measured } from "../../fakes/probes.ts";
import { entryOf } from "../../fakes/settings.ts";

const halves = splitSamples(8, 1);
const judging = () => {
  const lane = fakeLane({
    lane: "implicit",
    deterministic: false,
    output: () => ({ reference: [1, -2, 3, 0.5], candidate: [1, -2, 3, 0.51] }),
  });
  return { entry: entryOf("tolerance: {sqnr-db: {fail: 20}}"), lane, seed: 1, today: "2026-11-24" };
};
const confirm = (keep: readonly string[], sqnrDb: number, n: number): ProbeRecord => ({
  n,
  phase: "confirm",
  half: "accept",
  keep,
  result: measured(sqnrDb),
});
const outcome = (keep: readonly string[], probes: readonly ProbeRecord[]): SearchOutcome => ({
  kind: "prefix",
  method: "ranked",
  message: "",
  units: [],
  rankings: [],
  probes,
  prefix: [],
  keep,
  oneMinimal: false,
  heldOut: undefined,
  advice: [],
  builds: probes.length,
  seconds: 1,
  seed: 1,
});

describe("the proof of an accepted set", () => {
  it("counts fresh builds of this set only, not those of another of the same size that was refused before", async () => {
    const asked = judging();
    const probes = [confirm(["Conv:t0", "Conv:t1"], 15, 1), confirm(["Conv:t2", "Conv:t1"], 25, 2), confirm(["Conv:t1", "Conv:t2"], 24, 3)];
    const verified = await verifyFix(asked, halves, outcome(["Conv:t1", "Conv:t2"], probes));
    expect(verified).toMatchObject({
      passes: true,
      builds: 2,
      message: expect.stringContaining("Passes on 4 held-out samples in 2 fresh"),
    });
    expect(asked.lane.asked.some(({ fresh }) => fresh)).toBe(false);
  });

  it("is refused by one fresh build of this set", async () => {
    const probes = [confirm(["Conv:t1"], 25, 1), confirm(["Conv:t1"], 15, 2)];
    expect(await verifyFix(judging(), halves, outcome(["Conv:t1"], probes))).toMatchObject({ passes: false, builds: 2 });
  });

  it("builds twice where the search built this set afresh at no time", async () => {
    const asked = judging();
    expect(await verifyFix(asked, halves, outcome(["Conv:t1"], [confirm(["Conv:t0"], 25, 1)]))).toMatchObject({ passes: true, builds: 2 });
    expect(asked.lane.asked.filter(({ fresh }) => fresh)).toHaveLength(2);
  });

  it("says where another build may miss the limit: builds moved by more than the closest had to spare", async () => {
    const messageOf = async (...sqnrDb: number[]) =>
      (
        await verifyFix(
          judging(),
          halves,
          outcome(
            ["Conv:t1"],
            sqnrDb.map((db, n) => confirm(["Conv:t1"], db, n)),
          ),
        )
      ).message;
    // The limit is 20 dB.
    expect(await messageOf(21, 29)).toContain(
      "Its builds moved by 8.0 dB and the closest passed by 1.0 dB: another build may miss the limit.",
    );
    expect(await messageOf(29, 30)).not.toContain("another build");
    expect(await messageOf(19, 29)).not.toContain("another build");
  });

  it("builds once more where only one fresh build was made before the builds were spent", async () => {
    const asked = judging();
    const verified = await verifyFix(asked, halves, outcome(["Conv:t1"], [confirm(["Conv:t1"], 25, 1)]));
    expect(verified).toMatchObject({ passes: true, builds: 2 });
    expect(asked.lane.asked.filter(({ fresh }) => fresh)).toHaveLength(1);
  });

  it("judges on the half that the search never saw, also where the halves changed places", async () => {
    const asked = judging();
    await verifyFix(asked, halves, { ...outcome(["Conv:t1"], []), heldOutHalf: "search" });
    expect(asked.lane.asked.map(({ samples }) => samples)).toEqual([halves.search, halves.search]);
  });
});
