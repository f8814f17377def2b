/**
 * Joins the search to a lane: which probe counts, what ranks cheaply, what an earlier report knew, where the journal lies.
 */
import { join } from "node:path";
import type { Effects } from "../effects/effects.ts";
import type { Measurement } from "../measure/measurement.ts";
import type { Engine } from "../model/engine.ts";
import type { PreparedLane } from "../model/lane.ts";
import type { ModelReport } from "../report/schema.ts";
import { searchUnits } from "../search/ranked.ts";
import type { SampleSplit } from "../search/sample-split.ts";
import type { Journal, SearchOutcome } from "../search/search.ts";
import type { CheckContext } from "./context.ts";
import { searchByPolygraphy } from "./debug-precision.ts";
import { fileName } from "./file-name.ts";
import type { Judging } from "./outputs.ts";
import type { Prepared } from "./prepare.ts";
import { makeProbe } from "./probe.ts";
import { otherSchemes } from "./schemes.ts";
import { digestOf } from "./search-fingerprint.ts";
import type { Ranking } from "./surrogate.ts";

export interface SearchInputs {
  readonly prepared: Prepared;
  /** The candidate that was judged. */
  readonly plain: Engine;
  readonly judging: Judging;
  readonly halves: SampleSplit;
  readonly injected: ReadonlyMap<string, Measurement>;
  readonly guardDb: number;
  readonly context: CheckContext;
  readonly ranking: Ranking;
}

const msPerMinute = 60_000;

export interface Searched {
  readonly outcome: SearchOutcome;
  /** Network layers that `debug precision` marked, of how many. */
  readonly layersMarked?: number | undefined;
  readonly layersTotal?: number | undefined;
}

export async function searchModel(inputs: SearchInputs): Promise<Searched> {
  const { method } = inputs.context.settings.search;
  if (method === "ranked") return { outcome: await searchRanked(inputs) };
  return await searchByPolygraphy(inputs.judging.entry, inputs, method, inputs.context);
}

async function searchRanked(inputs: SearchInputs): Promise<SearchOutcome> {
  const { prepared, judging, halves, context, guardDb } = inputs;
  const { effects, settings } = context;
  const { lane } = prepared;
  const { surrogate, ranker } = await inputs.ranking.lanes();
  const journal = join(context.reportFolder, "journal", `${fileName(judging.entry.name)}-${prepared.sha256.slice(0, 16)}.jsonl`);
  const outcome = await searchUnits({
    units: lane.units,
    heldByNoUnit: lane.coverage.heldByNoUnit ?? [],
    probe: makeProbe(judging, halves, effects.clock),
    ...(surrogate ? { surrogate } : {}),
    ...(ranker ? { ranker } : {}),
    layerErrors: injectedByUnit(lane, inputs.injected),
    history: historyOf(context.earlier.get(judging.entry.name), prepared.sha256),
    group: settings.search.group,
    seed: settings.options.seed,
    budgetMs: Math.min(settings.search.budgetMinutes * msPerMinute, Math.max(0, context.deadlineMs - effects.clock.monotonicMs())),
    maxBuilds: lane.lane === "simulate" ? Number.POSITIVE_INFINITY : settings.search.maxBuilds,
    clock: effects.clock,
    journal: fileJournal(journal, effects),
    inputsHash: await digestOf(inputs),
    progress: (stage) => effects.log.progress(`${judging.entry.name}: search`, stage),
    notice: (text) => effects.log.notice(text),
    guardDb: lane.deterministic ? 0 : guardDb,
    confirmBuilds: lane.lane === "simulate" ? 0 : 2,
    schemes: lane.lane === "simulate" || surrogate ? otherSchemes(inputs) : [],
    cancelled: effects.cancelled,
  });
  // Only a search that could go on leaves one: an answer is proven by builds of this run, not by those of an earlier one.
  if (outcome.kind !== "budget" && outcome.kind !== "tool-failing") await effects.files.remove(journal);
  return outcome;
}

/** SQNR of the error that a unit adds by itself, by unit id; units without an injected figure are left out. */
function injectedByUnit(lane: PreparedLane, injected: ReadonlyMap<string, Measurement>): ReadonlyMap<string, number> {
  return new Map(
    lane.units.flatMap((unit) => {
      const sqnrDb = injected.get(unit.output)?.metrics.sqnrDb;
      return sqnrDb === undefined || Number.isNaN(sqnrDb) ? [] : [[unit.id, sqnrDb] as const];
    }),
  );
}

/** Units that an earlier report of the very same model kept and proved. */
const historyOf = (earlier: ModelReport | undefined, sha256: string): readonly string[] =>
  earlier?.sha256 === sha256 && earlier.fix?.verified?.passes === true ? (earlier.search?.keep.map(({ unit }) => unit) ?? []) : [];

/** JSON lines beside the report: a killed search goes on from there. */
function fileJournal(path: string, { files }: Effects): Journal {
  return {
    read: async () => ((await files.stat(path)) === undefined ? undefined : await files.readText(path)),
    start: (text) => files.writeText(path, text),
    append: (text) => files.appendText(path, text),
  };
}
