/** The search and the reader of `debug precision` on what a real H100 answered three days later (test/fixtures/h100-trt8.6.1-2026-11-27). */
import { describe, expect, it } from "vitest";
import { readDebugPrecision } from "../../../src/debug-precision/result.ts";
import { fromNum } from "../../../src/report/schema.ts";
import {
  firstBuilds,
  freshBuilds,
  keepsSame,
  layersKept,
  type Recording,
  readRecording,
  recordedBisect,
  recordedEngines,
  searchAgain,
} from "../../fakes/recorded-search.ts";

const folder = "h100-trt8.6.1-2026-11-27";
const run3 = readRecording(`${folder}/run3`);
const run4 = readRecording(`${folder}/run4`);

/** Sets of run4, by the ranking whose prefix they are. */
const set = (name: "leave-one-in" | "leave-one-out", length: number) => run4.ranked[name].slice(0, length);
const refused = [set("leave-one-in", 11), set("leave-one-in", 13)];
const held = set("leave-one-out", 13);

const confirmedSets = (recording: Recording) => freshBuilds(recording).map(({ keep }) => keep);
/** SQNR of every build of this set on the held-out half. */
const heldOutDb = (recording: Recording, keep: readonly string[]) =>
  recording.search.probes.filter((one) => one.half === "accept" && keepsSame(one.keep, keep)).map(({ sqnrDb }) => fromNum(sqnrDb ?? "NaN"));

describe("the engines of both runs", () => {
  it("are those that the search of run3 asked for: one set of 13 units, which passed three builds", () => {
    expect(firstBuilds(run3).map(({ kept, half, passes }) => [kept, half, passes])).toEqual([
      [0, "search", false],
      [0, "accept", false],
      [13, "search", true],
      [13, "accept", true],
    ]);
    expect(freshBuilds(run3).map(({ kept, half, passes }) => [kept, half, passes])).toEqual([
      [13, "accept", true],
      [13, "accept", true],
    ]);
    expect(new Set(confirmedSets(run3).map((keep) => keep.join(" "))).size).toBe(1);
  });

  it("are those that the search of run4 asked for: three sets passed a first build, fresh ones refused two of them", () => {
    expect(firstBuilds(run4).map(({ kept, ranking, half, passes }) => [kept, ranking, half, passes])).toEqual([
      [0, undefined, "search", false],
      [0, undefined, "accept", false],
      [11, "leave-one-in", "search", true],
      [11, "leave-one-in", "accept", true],
      [13, "leave-one-in", "search", true],
      [13, "leave-one-in", "accept", true],
      [7, "leave-one-out", "search", true],
      [7, "leave-one-out", "accept", false],
      [13, "leave-one-out", "search", true],
      [13, "leave-one-out", "accept", true],
    ]);
    const fresh = freshBuilds(run4);
    expect(fresh.map(({ kept, half, passes }) => [kept, half, passes])).toEqual([
      [11, "accept", false],
      [13, "accept", false],
      [13, "accept", true],
      [13, "accept", true],
    ]);
    expect(fresh.map(({ keep }) => [...refused, held].findIndex((one) => keepsSame(one, keep)))).toEqual([0, 1, 2, 2]);
  });

  it.each([
    ["run3", run3, 2.1],
    ["run4", run4, 2.8],
  ])("of one set in %s differ on the held-out half by more than the guard band that the report names", (_, recording, guardDb) => {
    expect(recording.guardDb).toBeCloseTo(guardDb, 1);
    const spreads = confirmedSets(recording).map((keep) => {
      const figures = heldOutDb(recording, keep);
      return Math.max(...figures) - Math.min(...figures);
    });
    expect(spreads.length).toBeGreaterThan(0);
    expect(spreads.filter((spread) => !(spread > recording.guardDb))).toEqual([]);
  });

  it("disagree about one set: run3 accepted it after three builds, the second build of run4 missed the limit", () => {
    expect(run4.ranked).toEqual(run3.ranked);
    expect(
      keepsSame(
        run3.search.keep.map(({ unit }) => unit),
        refused[1] ?? [],
      ),
    ).toBe(true);
    expect(heldOutDb(run3, refused[1] ?? []).map((db) => db.toFixed(1))).toEqual(["39.8", "28.8", "26.8"]);
    expect(heldOutDb(run4, refused[1] ?? []).map((db) => db.toFixed(1))).toEqual(["31.9", "23.3"]);
  });
});

describe("the search of today on these engines", () => {
  it("takes the set of 13 units of run3 with one engine, and asks its proof once", async () => {
    const { probe, asked } = recordedEngines(run3);
    const outcome = await searchAgain(run3, probe, 13);
    expect(outcome).toMatchObject({ kind: "prefix", builds: 1 });
    expect(outcome.keep.toSorted()).toEqual(run3.search.keep.map(({ unit }) => unit).toSorted());
    expect(layersKept(run3, outcome.keep)).toBe(44);
    expect(asked.filter(({ samples }) => samples === "prove")).toHaveLength(1);
  });

  it("calls no set of four proof samples proved, whichever of run4's sets it comes to", async () => {
    const outcomes = await Promise.all([11, 13].map((length) => searchAgain(run4, recordedEngines(run4).probe, length)));
    expect(outcomes.map(({ proof }) => proof.state)).toEqual(["likely", "likely"]);
  });
});

describe("the recorded `polygraphy debug precision`", () => {
  it("marked the first 19 of 305 network layers after 9 builds", () => {
    const { outcome, layersMarked, layersTotal } = readDebugPrecision(recordedBisect(`${folder}/run4/debug-precision.txt`));
    expect(outcome).toMatchObject({ kind: "prefix", method: "bisect", builds: 9, message: expect.stringContaining("first 19 of 305") });
    expect([layersMarked, layersTotal]).toEqual([19, 305]);
    expect(outcome.probes.map(({ result }) => result.kind === "measured" && result.passes)).toEqual([
      ...Array(5).fill(true),
      ...Array(4).fill(false),
    ]);
  });
});
