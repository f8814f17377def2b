/**
 * Units that the repository keeps in higher precision (`keep:`): read, matched with the model, and made part of every candidate.
 * Whoever works with the lane then sees only the other units.
 */
import { join } from "node:path";
import { placeWords } from "../config/place.ts";
import type { ModelEntry } from "../config/settings.ts";
import type { Effects } from "../effects/effects.ts";
import { ConfigError, ToolError } from "../effects/failure.ts";
import { type KeepFile, parseKeepFile } from "../fix/keep-file.ts";
import type { Engine } from "../model/engine.ts";
import type { Precision } from "../model/job.ts";
import type { LaneCoverage, PreparedLane } from "../model/lane.ts";
import { shellWord } from "../model/shell-word.ts";
import type { Assignment, Unit } from "../model/unit.ts";
import { keptUnit } from "../report/build.ts";
import type { ModelReport } from "../report/schema.ts";

export interface KeptUnits extends NonNullable<ModelReport["kept"]> {
  readonly ids: ReadonlySet<string>;
}

/** A keep file is some kilobytes. */
const mostBytes = 16 * 2 ** 20;

type Kept = Pick<KeepFile, "precision" | "units">;

/** Undefined where the entry or its file keeps nothing. Units that the entry names itself get `precision`. ConfigError for a file that is not there or cannot be read. */
export async function readKeep(
  entry: ModelEntry,
  root: string,
  precision: Precision,
  { files, cwd, log }: Effects,
): Promise<Kept | undefined> {
  const { keep: file } = entry;
  if (file === undefined) return undefined;
  if (typeof file !== "string") return { precision, units: file.map((name) => ({ unit: name, nodes: [name] })) };
  const where = placeWords(entry, "keep");
  const stat = await files.stat(join(root, file));
  const next = `To keep nothing, ${withoutKeep(entry)}. Else write it from a report that has a fix: trt-gate fix report.json --model ${shellWord(entry.name)} --format keep -o ${shellWord(file)}`;
  if (stat?.kind !== "file" || stat.sizeBytes > mostBytes)
    throw new ConfigError(`${where}the keep file ${file} of "${entry.name}" is not there. ${next}`);
  const parsed = parseKeepFile(await files.readText(join(root, file)));
  if ("fault" in parsed) throw new ConfigError(`${where}the keep file ${file} of "${entry.name}" ${parsed.fault}. ${next}`);
  if (parsed.keep.units.length > 0) return parsed.keep;
  // The base's is read as well, and of that nothing has to be done.
  if (root === cwd) log.info(`The keep file ${file} of "${entry.name}" lists no unit: nothing is kept.`);
  return undefined;
}

export const isKeptByFlag = ({ describedIn, flags }: ModelEntry): boolean => describedIn === "flags" || flags?.has("keep") === true;

/** How the entry keeps no units, as a clause: `take "keep: FILE" out of CONFIG:LINE`, and by flags `leave --keep out`. */
export function withoutKeep(entry: ModelEntry): string {
  const { keep } = entry;
  if (isKeptByFlag(entry)) return "leave --keep out";
  return `take ${typeof keep === "string" ? `"keep: ${keep}"` : "keep"} out of ${placeWords(entry, "keep").replace(/: $/, "")}`;
}

/** Units of a keep file among those of a model, by the unit's name, else by its first node; `missing`: those that the model does not have. */
export function findKept(
  kept: Kept["units"],
  units: readonly Unit[],
): { readonly found: readonly Unit[]; readonly missing: Kept["units"] } {
  const byName = new Map(units.flatMap((unit) => [[unit.nodes[0] ?? unit.id, unit] as const, [unit.id, unit] as const]));
  const found = kept.map(({ unit, nodes }) => byName.get(unit) ?? byName.get(nodes[0] ?? ""));
  return { found: found.filter((unit) => unit !== undefined), missing: kept.filter((_, n) => found[n] === undefined) };
}

/** ToolError `keep-mismatch` for a unit that the model does not have: it is a file of another model. */
export function matchKept({ units, precision }: Kept, lane: PreparedLane, { name, keep, place }: ModelEntry): KeptUnits {
  const file = typeof keep === "string" ? keep : place.file;
  const { found: own, missing } = findKept(units, lane.units);
  if (missing.length > 0)
    throw new ToolError(
      "keep-mismatch",
      `${file} keeps ${missing.length} of ${units.length} units that "${name}" does not have quantised, first "${missing[0]?.unit}". Make it anew for this model: trt-gate fix report.json --format keep.`,
    );
  return { file, precision, units: own.map((unit) => keptUnit(unit)), ids: new Set(own.map(({ id }) => id)) };
}

/** The lane with these units in higher precision whatever else is asked for. Its plain candidate is the one that ships. */
export function withKept(lane: PreparedLane, { ids }: Pick<KeptUnits, "ids">): PreparedLane {
  const and = ({ keep }: Assignment): Assignment => ({ keep: new Set([...ids, ...keep]) });
  return {
    ...lane,
    units: lane.units.filter(({ id }) => !ids.has(id)),
    coverage: withoutKept(
      lane.coverage,
      lane.units.filter(({ id }) => ids.has(id)),
    ),
    build: async (assignment, options) => besideKept(await lane.build(and(assignment), options), ids),
    ...(lane.sideModels === undefined
      ? {}
      : { sideModels: async (assignment, mostBytes) => (await lane.sideModels?.(and(assignment), mostBytes)) ?? {} }),
    reproduce: (assignment, files) => lane.reproduce(and(assignment), files),
  };
}

/** Kept units that are no compute nodes are counted beside these. */
function withoutKept(coverage: LaneCoverage, kept: readonly Unit[]): LaneCoverage {
  const others = { ...coverage.quantizedOthers };
  let compute = coverage.quantizedUnits;
  for (const { opType } of kept) {
    const count = others[opType];
    if (count === undefined) compute--;
    else if (count > 1) others[opType] = count - 1;
    else delete others[opType];
  }
  return { ...coverage, quantizedUnits: compute, ...(coverage.quantizedOthers === undefined ? {} : { quantizedOthers: others }) };
}

/** What a search asked for is compared with what a build kept: the units that are always kept are neither's. */
function besideKept(engine: Engine, ids: ReadonlySet<string>): Engine {
  const { keep, ...facts } = engine.facts;
  return { ...engine, facts: keep === undefined ? facts : { ...facts, keep: new Set([...keep].filter((id) => !ids.has(id))) } };
}
