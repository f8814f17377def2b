/** A search outcome as the report's entry: kept units with their nodes, every probe, the rankings. Pure copying; nothing is decided here. */
import type { Unit } from "../model/unit.ts";
import type { ProbeRecord, SearchOutcome } from "../search/search.ts";
import { type KeptUnit, type ModelReport, toNum } from "./schema.ts";

type SearchReport = NonNullable<ModelReport["search"]>;
type ProbeReport = SearchReport["probes"][number];

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
    heldOut: outcome.heldOut
      ? { passes: outcome.heldOut.passes, sqnrDb: toNum(outcome.heldOut.sqnrDb), margin: toNum(outcome.heldOut.marginDb) }
      : null,
    builds: outcome.builds,
    seconds: outcome.seconds,
    seed: outcome.seed,
    precision,
  };
}

/** A unit of the report. `layersOf` gives the engine layers a node ran in; an id that names no known unit keeps only its id. */
export function keptUnit(unit: Unit | string, layersOf: (node: string) => readonly string[] = () => []): KeptUnit {
  if (typeof unit === "string") return { unit, nodes: [], layers: [] };
  const { id, nodes, opType, inputs, output } = unit;
  return {
    unit: id,
    nodes: [...nodes],
    layers: [...new Set(nodes.flatMap((node) => [...layersOf(node)]))],
    opType,
    inputs: [...inputs],
    output,
  };
}

function probeReport(record: ProbeRecord): ProbeReport {
  const { n, phase, half, keep, result } = record;
  const head = { n, phase, half, keep: [...keep], kept: keep.length, kind: result.kind, seconds: result.seconds, ranking: record.ranking };
  if (result.kind === "unknown") return { ...head, why: result.why };
  const { passes, sqnrDb, marginDb, sdDb, latencyMs, note } = result;
  return { ...head, passes, sqnrDb: toNum(sqnrDb), margin: toNum(marginDb), sdDb: toNum(sdDb), latencyMs, note };
}
