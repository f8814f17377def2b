/** The search and the reader of `debug precision` on what a real H100 answered (test/fixtures/h100-trt8.6.1-2026-11-24). */
import { describe, expect, it } from "vitest";
import { fromNum } from "../../../src/report/schema.ts";
import { readDebugPrecision } from "../../../src/search/debug-precision-result.ts";
import type { Probe } from "../../../src/search/search.ts";
import { firstBuilds, layersKept, readRecording, recordedBisect, recordedEngines, searchAgain } from "../../fakes/recorded-search.ts";

const run2 = readRecording("h100-trt8.6.1-2026-11-24/run2");

/** That search did not ask for the plain engine's held-out half, which a guess needs: its figure on all images stands for it. */
function engines() {
  const { probe: built, asked } = recordedEngines(run2);
  const sqnrDb = fromNum(run2.model.outputs[0]?.metrics.sqnrDb ?? "NaN");
  const probe: Probe = async (keep, half, options) =>
    keep.size === 0 && half === "accept"
      ? { kind: "measured", passes: false, marginDb: sqnrDb - 25, sqnrDb, sdDb: 0, seconds: 0 }
      : built(keep, half, options);
  return { probe, asked };
}

describe("the search of run2, replayed", () => {
  it("rests on the recorded engines: 7 kept units pass both halves, 3 and 5 fail", () => {
    const measured = firstBuilds(run2).map(({ kept, half, passes }) => [kept, half, passes]);
    expect(measured).toEqual([
      [0, "search", false],
      [7, "search", true],
      [7, "accept", true],
      [3, "search", false],
      [5, "search", false],
      [6, "search", true],
      [6, "accept", true],
    ]);
    expect(run2.units).toHaveLength(54);
    expect(run2.ranked["leave-one-in"]).toHaveLength(54);
  });

  it("begins where the surrogate says, and nowhere else", async () => {
    for (const length of [5, 6, 7]) {
      const { probe, asked } = engines();
      await searchAgain(run2, probe, { "leave-one-in": length });
      expect(asked.find(({ keep }) => keep.length > 0)?.keep).toHaveLength(length);
    }
  });

  it("accepts the recorded set of 18 network layers, in at most 4 of the 8 builds it may use", async () => {
    const outcome = await searchAgain(run2, engines().probe, { "leave-one-in": 7 });
    expect(outcome.kind).toBe("prefix");
    expect(outcome.heldOut?.passes).toBe(true);
    expect(outcome.keep.toSorted()).toEqual(run2.search.keep.map(({ unit }) => unit).toSorted());
    expect(layersKept(run2, outcome.keep)).toBe(18);
    expect(outcome.builds).toBeLessThanOrEqual(4);
  });

  it("builds the accepted set twice more, and narrows it by no further build", async () => {
    const { probe, asked } = engines();
    const outcome = await searchAgain(run2, probe, { "leave-one-in": 7 });
    expect(asked.filter(({ fresh }) => fresh).map(({ keep }) => keep.length)).toEqual([7, 7]);
    expect(new Set(asked.map(({ keep }) => keep.length))).toEqual(new Set([0, 7]));
    expect(
      outcome.probes.filter(({ phase }) => phase === "confirm").map(({ result }) => result.kind === "measured" && result.passes),
    ).toEqual([true, true]);
  });

  it("claims nothing where a fresh build of that set misses the limit, as one of run1 did", async () => {
    const { probe } = engines();
    const refused: Probe = async (keep, half, options) =>
      options?.fresh === true
        ? { kind: "measured", passes: false, marginDb: -6.133808337122101, sqnrDb: 18.8661916628779, sdDb: 3.8, seconds: 20 }
        : probe(keep, half, options);
    const outcome = await searchAgain(run2, refused, { "leave-one-in": 7 });
    expect(["found", "prefix"]).not.toContain(outcome.kind);
    expect(outcome.builds).toBeLessThanOrEqual(8);
  });
});

describe("the recorded `polygraphy debug precision`", () => {
  const run = recordedBisect("h100-trt8.6.1-2026-11-24/run2/debug-precision.txt");

  it("marked the first 23 of 305 network layers after 10 builds", () => {
    const { outcome, layersMarked, layersTotal } = readDebugPrecision(run);
    expect(outcome).toMatchObject({ kind: "prefix", method: "bisect", builds: 10 });
    expect([layersMarked, layersTotal]).toEqual([23, 305]);
    expect(outcome.probes.map(({ result }) => result.kind === "measured" && result.passes)).toEqual([
      true,
      true,
      true,
      true,
      false,
      true,
      true,
      false,
      true,
      false,
    ]);
  });

  it("answers nothing where one of its checks is missing", () => {
    const { outcome, layersMarked } = readDebugPrecision({ ...run, checks: run.checks.split("\n").slice(0, 9).join("\n") });
    expect(outcome.kind).toBe("tool-failing");
    expect(layersMarked).toBeUndefined();
  });
});
