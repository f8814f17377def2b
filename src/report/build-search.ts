/** A search outcome as the report's entry: kept units with their nodes, every probe, the rankings. Pure copying; nothing is decided here. */
import type { Unit } from "../model/unit.ts";
import type { Curve, ProbeRecord, Proof, Ranking, SearchOutcome } from "../search/outcome.ts";
import { type KeptUnit, type ModelReport, toNum } from "./schema.ts";

type SearchReport = NonNullable<ModelReport["search"]>;
type ProbeReport = SearchReport["probes"][number];

/** `precision`: of kept units. */
export function searchReport(outcome: SearchOutcome, precision: SearchReport["precision"]): SearchReport {
  const byId = new Map(outcome.units.map((unit) => [unit.id, unit]));
  return {
    method: outcome.method,
    outcome: outcome.kind,
    message: outcome.message,
    units: outcome.units.length,
    unitTable: outcome.units.map((unit) => keptUnit(unit)),
    rankings: outcome.rankings.map(({ name, order, probes, seconds }) => ({ name, order: [...order], probes, seconds })),
    probes: outcome.probes.map(probeReport),
    prefix: outcome.prefix.map(({ ranking, length }) => ({ ranking, length: length ?? null })),
    keep: outcome.keep.map((id) => keptUnit(byId.get(id) ?? id)),
    oneMinimal: outcome.oneMinimal,
    heldOut: heldOutOf(outcome.proof),
    proof: proofReport(outcome.proof),
    samples: outcome.samples && { ...outcome.samples },
    curve: outcome.curve && curveReport(outcome.curve),
    gains: gainsOf(outcome.rankings),
    builds: outcome.builds,
    seconds: outcome.seconds,
    seed: outcome.seed,
    precision,
  };
}

/** A unit of the report. `layersOf` gives the engine layers a node ran in; an id that names no known unit keeps only its id. */
export function keptUnit(unit: Unit | string, layersOf: (node: string) => readonly string[] = () => []): KeptUnit {
  if (typeof unit === "string") return { unit, nodes: [], layers: [] };
  const { id, nodes, opType, inputs, output, followers } = unit;
  return {
    unit: id,
    nodes: [...nodes],
    layers: [...new Set(nodes.flatMap((node) => [...layersOf(node)]))],
    opType,
    inputs: [...inputs],
    output,
    ...(followers === undefined ? {} : { followers: [...followers] }),
  };
}

const heldOutOf = ({ result }: Proof): SearchReport["heldOut"] =>
  result ? { passes: result.passes, sqnrDb: toNum(result.sqnrDb), margin: toNum(result.marginDb), nearest: result.nearest } : null;

const proofReport = ({ state, samples, result, neededSamples, indices, message }: Proof): NonNullable<SearchReport["proof"]> => ({
  state,
  samples,
  ...(result ? { sqnrDb: toNum(result.sqnrDb), margin: toNum(result.marginDb), low: toNum(result.lowDb), nearest: result.nearest } : {}),
  neededSamples,
  indices: indices && [...indices],
  message,
});

const curveReport = ({ order, points }: Curve): NonNullable<SearchReport["curve"]> => ({
  order: [...order],
  points: points.map(({ kept, by, sqnrDb, lowDb, highDb, marginDb, marginLowDb, nearest }) => ({
    kept,
    by,
    sqnrDb: toNum(sqnrDb),
    low: toNum(lowDb),
    high: toNum(highDb),
    margin: toNum(marginDb),
    marginLow: toNum(marginLowDb),
    nearest,
  })),
});

/** What each unit (or block) costs at the output when it alone is quantised; undefined where nothing was tried one by one. */
export function gainsOf(rankings: readonly Ranking[]): SearchReport["gains"] {
  const alone = rankings.find((ranking) => ranking.alone.size > 0)?.alone;
  if (alone === undefined) return undefined;
  const energies = new Map([...alone].map(([unit, { sqnrDb }]) => [unit, 10 ** (-sqnrDb / 10)] as const));
  const total = [...energies.values()].reduce((sum, energy) => sum + energy, 0);
  return [...alone].map(([unit, { sqnrDb }]) => ({
    unit,
    sqnrDb: toNum(sqnrDb),
    share: total > 0 ? (energies.get(unit) ?? 0) / total : 0,
  }));
}

/** As the report has always named them. */
const halfOf = { choose: "search", prove: "accept", all: "all" } as const;

function probeReport(record: ProbeRecord): ProbeReport {
  const { n, phase, samples, keep, result } = record;
  const head = {
    n,
    phase,
    half: halfOf[samples],
    keep: [...keep],
    kept: keep.length,
    kind: result.kind,
    seconds: result.seconds,
    ranking: record.ranking,
  };
  if (result.kind === "unknown") return { ...head, why: result.why };
  const { passes, sqnrDb, marginDb, lowDb, sdDb, nearest, note } = result;
  return { ...head, passes, sqnrDb: toNum(sqnrDb), margin: toNum(marginDb), sdDb: toNum(sdDb), low: toNum(lowDb), nearest, note };
}
