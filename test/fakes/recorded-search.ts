/** Searches that a real H100 recorded (test/fixtures/h100-*), to be searched again: an engine that was not built then answers `unknown`. */
import { readFileSync } from "node:fs";
import type { DebugPrecisionRun } from "../../src/debug-precision/result.ts";
import type { Unit } from "../../src/model/unit.ts";
import { fromNum, type ModelReport, reportSchema } from "../../src/report/schema.ts";
import type { SearchOutcome } from "../../src/search/outcome.ts";
import type { Probe, ProbeResult, Ranker, SampleSet } from "../../src/search/probe.ts";
import { searchUnits } from "../../src/search/ranked.ts";
import { request } from "./probes.ts";

type RecordedSearch = NonNullable<ModelReport["search"]>;
type RecordedProbe = RecordedSearch["probes"][number];
type RankedBy = "leave-one-in" | "leave-one-out";

export interface Recording {
  readonly model: ModelReport;
  readonly search: RecordedSearch;
  readonly units: readonly Unit[];
  /** Noise of building, as the gate found it then. */
  readonly guardDb: number;
  /** Units, worst first, as the CPU ranked them then. */
  readonly ranked: Readonly<Record<RankedBy, readonly string[]>>;
}

export const recordedText = (path: string): string => readFileSync(new URL(`../fixtures/${path}`, import.meta.url), "utf8");

/** `run`: a folder in test/fixtures that holds a report. */
export function readRecording(run: string): Recording {
  const [model] = reportSchema.parse(JSON.parse(recordedText(`${run}/report.json`))).models;
  if (!model?.search) throw new Error(`${run} holds no search`);
  const { search, noise } = model;
  const orderBy = (name: RankedBy) => search.rankings.find((ranking) => ranking.name === name)?.order ?? [];
  return {
    model,
    search,
    units: search.unitTable.map(unitOf),
    guardDb: fromNum(noise?.guardDb ?? "NaN"),
    ranked: { "leave-one-in": orderBy("leave-one-in"), "leave-one-out": orderBy("leave-one-out") },
  };
}

const unitOf = ({ unit, nodes, opType, inputs, output }: RecordedSearch["unitTable"][number], order: number): Unit => ({
  id: unit,
  nodes,
  opType: opType ?? "",
  inputs: inputs ?? [],
  output: output ?? "",
  order,
  block: unit,
  weightBytes: 4,
});

/** Fresh builds, each judged on the held-out half, in the order in which they were made. */
export const freshBuilds = ({ search }: Recording): readonly RecordedProbe[] => search.probes.filter(({ phase }) => phase === "confirm");
export const firstBuilds = ({ search }: Recording): readonly RecordedProbe[] => search.probes.filter(({ phase }) => phase !== "confirm");

export const keepsSame = (a: readonly string[], b: Iterable<string>): boolean => {
  const other = new Set(b);
  return a.length === other.size && a.every((id) => other.has(id));
};

/** Network layers that these units became, of those that the recording accepted. */
export const layersKept = ({ search }: Recording, keep: readonly string[]): number =>
  new Set(search.keep.filter(({ unit }) => keep.includes(unit)).flatMap(({ layers }) => layers)).size;

export interface Asked {
  readonly keep: readonly string[];
  readonly samples: SampleSet;
}

/** First builds by what they keep. The half that was searched on chooses, the other proves; all samples fail as they did for the plain engine. */
export function recordedEngines(recording: Recording): { readonly probe: Probe; readonly asked: Asked[] } {
  const asked: Asked[] = [];
  const probe: Probe = async (keep, samples) => {
    asked.push({ keep: [...keep], samples });
    const half = samples === "prove" ? "accept" : "search";
    const built = firstBuilds(recording).find((one) => one.half === half && keepsSame(one.keep, keep));
    return built === undefined ? { kind: "unknown", why: `no engine of ${keep.size} units was recorded`, seconds: 0 } : resultOf(built);
  };
  return { probe, asked };
}

const resultOf = (probe: RecordedProbe): ProbeResult => {
  const marginDb = fromNum(probe.margin ?? "NaN");
  return {
    kind: "measured",
    passes: probe.passes === true,
    marginDb,
    lowDb: marginDb,
    sqnrDb: fromNum(probe.sqnrDb ?? "NaN"),
    sdDb: fromNum(probe.sdDb ?? "NaN"),
    seconds: probe.seconds,
  };
};

/** Ranks as the CPU did then, with errors of which the sum clears the limit and the prediction's own error from so many kept units on. */
function rankerFor({ ranked, units }: Recording, length: number): Ranker {
  const order = ranked["leave-one-in"];
  // The first `length` units: 15 dB each, falling a little. All others together: 12 dB beyond the limit.
  const marginOf = (place: number) => (place < length ? -10 + place / 100 : 12 + 10 * Math.log10(units.length - length));
  return {
    samples: 16,
    probe: async (keep) => {
      const marginDb = marginOf(order.findIndex((id) => !keep.has(id)));
      return { kind: "measured", passes: marginDb >= 0, marginDb, lowDb: marginDb, sqnrDb: 25 + marginDb, sdDb: 0, seconds: 0.2 };
    },
  };
}

/** The search of today with the four images of each half, its ranking expecting this prefix to be the answer. */
export const searchAgain = (recording: Recording, probe: Probe, length: number): Promise<SearchOutcome> =>
  searchUnits(
    request(recording.units, probe, {
      ranker: rankerFor(recording, length),
      samples: { all: 8, rank: 16, choose: 4, prove: 4, apart: true },
      maxBuilds: 8,
      budgetMs: 1_200_000,
    }),
  );

/** What `polygraphy debug precision --mode bisect --dir forward` left: its log and, after `--- checks`, the results file of its check. */
export function recordedBisect(path: string): DebugPrecisionRun {
  const [log = "", checks = ""] = recordedText(path).split("\n--- checks\n");
  return {
    log,
    checks,
    direction: "forward",
    mode: "bisect",
    units: [],
    layerNames: [],
    endedWell: true,
    timedOut: false,
    seconds: 243,
    seed: 1,
  };
}
