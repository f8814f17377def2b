/** The search and the reader of `debug precision` on what a real H100 answered (test/fixtures/h100-trt8.6.1-2026-11-24). */
import { describe, expect, it } from "vitest";
import { readDebugPrecision } from "../../../src/debug-precision/result.ts";
import { firstBuilds, layersKept, readRecording, recordedBisect, recordedEngines, searchAgain } from "../../fakes/recorded-search.ts";

const run2 = readRecording("h100-trt8.6.1-2026-11-24/run2");

describe("the engines of run2", () => {
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

  it("built the prefix of 7 first, as the search of today does where it predicts so, and takes it with its proof", async () => {
    const { probe, asked } = recordedEngines(run2);
    const outcome = await searchAgain(run2, probe, 7);
    expect(outcome).toMatchObject({ kind: "prefix", builds: 1, proof: { state: "likely" } });
    expect(outcome.keep.toSorted()).toEqual(run2.search.keep.map(({ unit }) => unit).toSorted());
    expect(layersKept(run2, outcome.keep)).toBe(18);
    expect(asked.map(({ keep, samples }) => [keep.length, samples])).toEqual([
      [0, "all"],
      [0, "choose"],
      [7, "choose"],
      [7, "prove"],
    ]);
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
