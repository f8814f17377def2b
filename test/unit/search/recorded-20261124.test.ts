/** The search and the reader of `debug precision` on what a real H100 answered (test/fixtures/h100-trt8.6.1-2026-11-24). */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Unit } from "../../../src/lanes/lane.ts";
import { fromNum, type ModelReport, reportSchema } from "../../../src/report/schema.ts";
import { readDebugPrecision } from "../../../src/search/debug-precision-result.ts";
import { searchUnits } from "../../../src/search/ranked.ts";
import type { Probe, ProbeResult, SearchOutcome } from "../../../src/search/search.ts";
import { request } from "../../fakes/probes.ts";

const folder = new URL("../../fixtures/h100-trt8.6.1-2026-11-24/", import.meta.url);
const textOf = (file: string) => readFileSync(new URL(file, folder), "utf8");

type RecordedSearch = NonNullable<ModelReport["search"]>;
function recordedSearch(): RecordedSearch {
  const search = reportSchema.parse(JSON.parse(textOf("run2/report.json"))).models[0]?.search;
  if (!search) throw new Error("the recording holds no search");
  return search;
}
const search = recordedSearch();
const units: readonly Unit[] = (search.unitTable ?? []).map(({ unit, nodes, opType, inputs, output }, order) => ({
  id: unit,
  nodes,
  opType: opType ?? "",
  inputs: inputs ?? [],
  output: output ?? "",
  order,
  block: unit,
  weightBytes: 4,
}));

const resultOf = (probe: RecordedSearch["probes"][number]): ProbeResult => ({
  kind: "measured",
  passes: probe.passes === true,
  marginDb: fromNum(probe.margin ?? "NaN"),
  sqnrDb: fromNum(probe.sqnrDb ?? "NaN"),
  sdDb: fromNum(probe.sdDb ?? "NaN"),
  seconds: probe.seconds,
});
const guardDb = 2.537864780480101;

/** Built engines by what they keep and on which half; fresh builds of one set in the order in which they were made. */
function engines() {
  const fresh = search.probes.filter(({ phase }) => phase === "confirm").map(resultOf);
  const asked: { readonly keep: number; readonly fresh: boolean }[] = [];
  const probe: Probe = async (keep, half, options) => {
    asked.push({ keep: keep.size, fresh: options?.fresh === true });
    if (options?.fresh === true) {
      const next = fresh.shift();
      if (next !== undefined) return next;
    }
    const known = search.probes.find((one) => one.phase !== "confirm" && one.half === half && sameSet(one.keep, keep));
    // A set that was not built then is unknown now: the replay cannot make figures up.
    return known === undefined ? { kind: "unknown", why: `no engine of ${keep.size} units was recorded`, seconds: 0 } : resultOf(known);
  };
  return { probe, asked };
}
const sameSet = (a: readonly string[], b: ReadonlySet<string>) => a.length === b.size && a.every((id) => b.has(id));

/** Ranks as the CPU did then, and expects the limit to be met from so many units on. */
const ranked = search.rankings.find(({ name }) => name === "leave-one-in")?.order ?? [];
/** Error energy that no kept unit takes away: so large that the last of the units is needed for what the engine lacks and the spare. */
const leftAnyway = 8e-4;
function surrogateThatGuesses(length: number): Probe {
  const energy = new Map(ranked.map((id, at) => [id, at < length ? 0.004 - 1e-5 * at : 1e-7 / (at + 1)]));
  return async (keep) => {
    const left = [...energy].reduce((sum, [id, each]) => sum + (keep.has(id) ? 0 : each), leftAnyway);
    const sqnrDb = -10 * Math.log10(left);
    return { kind: "measured", passes: sqnrDb >= 25, marginDb: sqnrDb - 25, sqnrDb, sdDb: 0, seconds: 0.2 };
  };
}

const replayed = (probe: Probe): Promise<SearchOutcome> =>
  searchUnits(
    request(units, probe, {
      surrogate: surrogateThatGuesses(7),
      ranker: surrogateThatGuesses(7),
      maxBuilds: 8,
      confirmBuilds: 2,
      guardDb,
      budgetMs: 1_200_000,
    }),
  );

describe("the search of run2, replayed", () => {
  it("rests on the recorded engines: 7 kept units pass both halves, 3 and 5 fail", () => {
    const measured = search.probes.filter(({ phase }) => phase !== "confirm").map(({ kept, half, passes }) => [kept, half, passes]);
    expect(measured).toEqual([
      [0, "search", false],
      [7, "search", true],
      [7, "accept", true],
      [3, "search", false],
      [5, "search", false],
      [6, "search", true],
      [6, "accept", true],
    ]);
    expect(units).toHaveLength(54);
    expect(ranked).toHaveLength(54);
  });

  it("accepts the recorded set of 18 network layers, in at most 4 of the 8 builds it may use", async () => {
    const { probe } = engines();
    const outcome = await replayed(probe);
    expect(outcome.kind).toBe("prefix");
    expect(outcome.heldOut?.passes).toBe(true);
    expect(outcome.keep.toSorted()).toEqual(search.keep.map(({ unit }) => unit).toSorted());
    const layers = new Set(search.keep.filter(({ unit }) => outcome.keep.includes(unit)).flatMap((one) => one.layers)).size;
    expect(layers).toBe(18);
    expect(layers).toBeLessThanOrEqual(49);
    expect(outcome.builds).toBeLessThanOrEqual(8);
    expect(outcome.builds).toBeLessThanOrEqual(4);
  });

  it("builds the accepted set twice more, and narrows it by no further build", async () => {
    const { probe, asked } = engines();
    const outcome = await replayed(probe);
    expect(asked.filter(({ fresh }) => fresh)).toEqual([
      { keep: 7, fresh: true },
      { keep: 7, fresh: true },
    ]);
    expect(new Set(asked.map(({ keep }) => keep))).toEqual(new Set([0, 7]));
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
    const outcome = await replayed(refused);
    expect(["found", "prefix"]).not.toContain(outcome.kind);
    expect(outcome.builds).toBeLessThanOrEqual(8);
  });
});

describe("the recorded `polygraphy debug precision`", () => {
  const [log = "", checks = ""] = textOf("run2/debug-precision.txt").split("\n--- checks\n");
  const run = {
    direction: "forward",
    mode: "bisect",
    units: [],
    layerNames: [],
    endedWell: true,
    timedOut: false,
    seconds: 243,
    seed: 1,
  } as const;

  it("marked the first 23 of 305 network layers after 10 builds", () => {
    const { outcome, layersMarked, layersTotal } = readDebugPrecision({ ...run, log, checks });
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
    const { outcome, layersMarked } = readDebugPrecision({ ...run, log, checks: checks.split("\n").slice(0, 9).join("\n") });
    expect(outcome.kind).toBe("tool-failing");
    expect(layersMarked).toBeUndefined();
  });
});
