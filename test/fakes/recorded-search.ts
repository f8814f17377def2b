/** Searches that a real H100 recorded (test/fixtures/h100-*), to be searched again: an engine that was not built then answers `unknown`. */
import { readFileSync } from "node:fs";
import type { Unit } from "../../src/model/unit.ts";
import { fromNum, type ModelReport, reportSchema } from "../../src/report/schema.ts";
import type { DebugPrecisionRun } from "../../src/search/debug-precision-result.ts";
import { searchUnits } from "../../src/search/ranked.ts";
import type { Half, Probe, ProbeResult, SearchOutcome } from "../../src/search/search.ts";
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
  readonly half: Half;
  readonly fresh: boolean;
}

/** Built engines by what they keep and on which half. Each fresh build answers once; asked for one more, the set is unknown. */
export function recordedEngines(recording: Recording, fresh = freshBuilds(recording)): { readonly probe: Probe; readonly asked: Asked[] } {
  const asked: Asked[] = [];
  const left = [...fresh];
  const takeFresh = (keep: ReadonlySet<string>) => {
    const at = left.findIndex((one) => keepsSame(one.keep, keep));
    return at < 0 ? undefined : left.splice(at, 1)[0];
  };
  const probe: Probe = async (keep, half, options) => {
    const isFresh = options?.fresh === true;
    asked.push({ keep: [...keep], half, fresh: isFresh });
    const built = isFresh ? takeFresh(keep) : firstBuilds(recording).find((one) => one.half === half && keepsSame(one.keep, keep));
    return built === undefined ? { kind: "unknown", why: `no engine of ${keep.size} units was recorded`, seconds: 0 } : resultOf(built);
  };
  return { probe, asked };
}

const resultOf = (probe: RecordedProbe): ProbeResult => ({
  kind: "measured",
  passes: probe.passes === true,
  marginDb: fromNum(probe.margin ?? "NaN"),
  sqnrDb: fromNum(probe.sqnrDb ?? "NaN"),
  sdDb: fromNum(probe.sdDb ?? "NaN"),
  seconds: probe.seconds,
});

/** From so many units of a ranking on, at least 2, the surrogate sees enough to spare; in a ranking without a number it sees nothing gained. */
export type Guessed = Readonly<Partial<Record<RankedBy, number>>>;

const enoughDb = 60;

/** Ranks as the CPU did then, and guesses as it is told. */
export function guessingSurrogate({ ranked, units }: Recording, guessed: Guessed): Probe {
  const isEnough = (name: RankedBy, keep: ReadonlySet<string>) =>
    keep.size >= (guessed[name] ?? Number.POSITIVE_INFINITY) && keepsSame(ranked[name].slice(0, keep.size), keep);
  const gainOf = (keep: ReadonlySet<string>): number => {
    // One unit kept, or one left out: where it stands in the ranking, far below what is enough.
    if (keep.size === 1) return -ranked["leave-one-out"].findIndex((id) => keep.has(id)) / units.length;
    if (keep.size === units.length - 1) return ranked["leave-one-in"].findIndex((id) => !keep.has(id)) / units.length;
    return isEnough("leave-one-in", keep) || isEnough("leave-one-out", keep) ? enoughDb : 0;
  };
  return async (keep) => {
    const sqnrDb = 20 + gainOf(keep);
    return { kind: "measured", passes: sqnrDb >= 25, marginDb: sqnrDb - 25, sqnrDb, sdDb: 0, seconds: 0.2 };
  };
}

/** The search of today with the budget of the recorded runs: 8 builds, two of them fresh ones of the accepted set. */
export const searchAgain = (recording: Recording, probe: Probe, guessed: Guessed): Promise<SearchOutcome> => {
  const surrogate = guessingSurrogate(recording, guessed);
  const { units, guardDb } = recording;
  return searchUnits(request(units, probe, { surrogate, ranker: surrogate, maxBuilds: 8, confirmBuilds: 2, guardDb, budgetMs: 1_200_000 }));
};

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
