/** The search and the reader of `debug precision` on what a real H100 answered three days later (test/fixtures/h100-trt8.6.1-2026-11-27). */
import { describe, expect, it } from "vitest";
import { fromNum } from "../../../src/report/schema.ts";
import { readDebugPrecision } from "../../../src/search/debug-precision-result.ts";
import type { SearchOutcome } from "../../../src/search/search.ts";
import {
  type Asked,
  firstBuilds,
  freshBuilds,
  type Guessed,
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
const isAccepted = ({ kind }: SearchOutcome) => kind === "found" || kind === "prefix";
const freshOnes = (asked: readonly Asked[]) => asked.filter(({ fresh }) => fresh).map(({ keep }) => keep.length);

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

describe("the search of run3, replayed", () => {
  it("accepts the recorded set of 13 units, 44 network layers, in 3 builds", async () => {
    const { probe, asked } = recordedEngines(run3);
    const outcome = await searchAgain(run3, probe, { "leave-one-in": 13 });
    expect(outcome).toMatchObject({ kind: "prefix", builds: 3, heldOut: { passes: true } });
    expect(outcome.keep.toSorted()).toEqual(run3.search.keep.map(({ unit }) => unit).toSorted());
    expect(outcome.keep).toHaveLength(13);
    expect(layersKept(run3, outcome.keep)).toBe(44);
    expect(freshOnes(asked)).toEqual([13, 13]);
    expect(new Set(asked.map(({ keep }) => keep.length))).toEqual(new Set([0, 13]));
  });

  it("reaches that set from a shorter guess of which no engine is known", async () => {
    const outcome = await searchAgain(run3, recordedEngines(run3).probe, { "leave-one-in": 7 });
    expect(outcome).toMatchObject({ kind: "prefix", builds: 4 });
    expect(outcome.keep).toHaveLength(13);
  });

  it("refuses that set where the build that run4 made of it is the second of the fresh ones", async () => {
    const { probe, asked } = recordedEngines(run3, [...freshBuilds(run3).slice(0, 1), ...freshBuilds(run4).slice(1, 2)]);
    const outcome = await searchAgain(run3, probe, { "leave-one-in": 13 });
    expect(isAccepted(outcome)).toBe(false);
    expect(freshOnes(asked)).toEqual([13, 13]);
  });
});

describe("the search of run4, replayed", () => {
  it.each([
    ["the 11 and then the 13 units that fresh builds refused", { "leave-one-in": 11, "leave-one-out": 13 }, [11, 13, 13, 13], 7],
    ["the 13 units that a fresh build refused", { "leave-one-in": 13, "leave-one-out": 13 }, [13, 13, 13], 5],
    ["the 7 units that miss the held-out half", { "leave-one-in": 11, "leave-one-out": 7 }, [13, 13], 4],
  ] as const)("passes over %s, and accepts the set that held, 50 network layers", async (_, guessed, fresh, builds) => {
    const { probe, asked } = recordedEngines(run4);
    const outcome = await searchAgain(run4, probe, guessed);
    expect(outcome).toMatchObject({ kind: "prefix", builds, heldOut: { passes: true } });
    expect(keepsSame(outcome.keep, held)).toBe(true);
    expect(layersKept(run4, outcome.keep)).toBe(50);
    expect(freshOnes(asked)).toEqual(fresh);
  });

  // Every pair of lengths, and none: the surrogate then sees nothing gained in that ranking.
  const lengths = [2, 5, 6, 7, 10, 11, 12, 13];
  const firsts: readonly Guessed[] = [{}, ...lengths.map((length) => ({ "leave-one-in": length }))];
  const seconds: readonly Guessed[] = [{}, ...lengths.map((length) => ({ "leave-one-out": length }))];
  const guesses = firsts.flatMap((first) => seconds.map((second) => ({ ...first, ...second })));

  it("accepts from no guess a set that a fresh build refused, or one that two fresh builds did not bear out", async () => {
    // A refused set that were built once more would pass, as its first build did: one refusal must be enough.
    const fresh = [...freshBuilds(run4), ...firstBuilds(run4).filter(({ half }) => half === "accept")];
    const outcomes = await Promise.all(guesses.map((guessed) => searchAgain(run4, recordedEngines(run4, fresh).probe, guessed)));
    const accepted = outcomes.filter(isAccepted);
    expect(accepted.length).toBeGreaterThan(0);
    expect(accepted.length).toBeLessThan(outcomes.length);
    expect(accepted.filter(({ keep }) => !keepsSame(keep, held))).toEqual([]);
    const borneOut = ({ probes }: SearchOutcome) =>
      probes.filter(
        ({ phase, keep, result }) => phase === "confirm" && keepsSame(keep, held) && result.kind === "measured" && result.passes,
      );
    expect(accepted.filter((outcome) => borneOut(outcome).length !== 2)).toEqual([]);
    expect(outcomes.filter(({ builds }) => builds > 8)).toEqual([]);
  });

  it.each([0, 1])("confirms nothing where %i of the two fresh builds of that set are known", async (known) => {
    const fresh = freshBuilds(run4).slice(0, 2 + known);
    const { probe } = recordedEngines(run4, fresh);
    const outcome = await searchAgain(run4, probe, { "leave-one-in": 13, "leave-one-out": 13 });
    expect(outcome).toMatchObject({ kind: "not-confirmed", builds: 5 + known });
    expect(outcome.message).toContain("no engine of 13 units was recorded");
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
