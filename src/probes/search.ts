/**
 * Joins the search to a lane: which probe counts, what ranks cheaply, what an earlier report knew, where the journal lies.
 */
import { join } from "node:path";
import { searchByPolygraphy } from "../debug-precision/search-by-polygraphy.ts";
import type { Effects } from "../effects/effects.ts";
import { fileName } from "../effects/file-name.ts";
import type { JudgedRun } from "../evaluate/outputs.ts";
import type { Verdict } from "../gate/verdict.ts";
import { unitFamilies } from "../onnx/families.ts";
import { toNetwork } from "../onnx/network.ts";
import { readModel } from "../onnx/read.ts";
import type { ModelReport } from "../report/schema.ts";
import type { SearchOutcome } from "../search/outcome.ts";
import { notAsked, proofOf } from "../search/proof.ts";
import { searchUnits } from "../search/ranked.ts";
import type { Family, Journal } from "../search/request.ts";
import { countsOf, type SampleSplit } from "../search/sample-split.ts";
import { judgeSaved } from "./judge-saved.ts";
import { judgedResult, makeProbe } from "./probe.ts";
import { splitForSearch } from "./sample-sets.ts";
import { otherSchemes, plainScheme } from "./schemes.ts";
import { digestOf } from "./search-fingerprint.ts";
import { beginRanking, type RankInputs, type Surrogate, surrogateFor } from "./surrogate.ts";

/** The search of one model: prepared when it is first asked for. */
export interface ModelSearch {
  /** Ranks on the CPU while engines are built on the GPU for something else. */
  beginRanking(): void;
  /** `plain`: the plain model on all samples; `verdict`: what was decided on it and whatever else there is to judge. */
  run(plain: JudgedRun, verdict: Verdict): Promise<Searched>;
  /** Ends what still ranks. Nothing is searched afterwards. */
  close(): Promise<void>;
}

/** Prepares nothing before it is asked. */
export function openSearch(inputs: Omit<RankInputs, "split">): ModelSearch {
  const { prepared, judging, context } = inputs;
  let opened: Promise<SearchInputs> | undefined;
  let closed: Promise<void> | undefined;
  const open = () => {
    opened ??= (async () => {
      const own = { ...inputs, split: await splitForSearch(prepared, judging.seed) };
      return { ...own, surrogate: surrogateFor(own) };
    })();
    return opened;
  };
  const isWorthIt = prepared.lane.lane !== "simulate" && context.settings.search.method === "ranked";
  return {
    beginRanking: () => {
      if (isWorthIt)
        open().then(
          ({ surrogate }) => beginRanking(surrogate),
          () => undefined,
        );
    },
    run: async (plain, verdict) => await searchModel(await open(), plain, verdict),
    close: () => {
      closed ??= (async () => {
        const known = await opened?.catch(() => undefined);
        await known?.surrogate.close();
      })();
      return closed;
    },
  };
}

interface SearchInputs extends RankInputs {
  readonly surrogate: Surrogate;
}

const msPerMinute = 60_000;

export interface Searched {
  readonly outcome: SearchOutcome;
  /** What the proof samples showed, where this run asked them. */
  readonly proofRun?: JudgedRun | undefined;
  /** Network layers that `debug precision` marked, of how many. */
  readonly layersMarked?: number | undefined;
  readonly layersTotal?: number | undefined;
}

async function searchModel(inputs: SearchInputs, plain: JudgedRun, verdict: Verdict): Promise<Searched> {
  const { method } = inputs.context.settings.search;
  if (method === "ranked") return await searchRanked(inputs, plain, verdict);
  const { judging, prepared, context } = inputs;
  const judge = (path: string) => judgeSaved(judging, plain.engine, path, context.effects.files);
  const searched = await searchByPolygraphy(prepared, judge, method, context);
  return { ...searched, ...(await proved(inputs, searched.outcome)) };
}

/** What a search, which works on outputs alone, cannot see. */
const failsElsewhere: ReadonlyMap<string, string> = new Map([
  ["task-drop", "the task's own figure fell by more than it may"],
  ["layer-limit-exceeded", "a layer is beyond the limit that a pattern sets for it"],
]);

async function searchRanked(inputs: SearchInputs, plain: JudgedRun, { reason }: Verdict): Promise<Searched> {
  const { prepared, judging, split, context } = inputs;
  const { effects, settings } = context;
  const { lane } = prepared;
  const isSimulated = lane.lane === "simulate";
  const inBodies = lane.coverage.bodies?.quantized ?? [];
  const open = await inputs.surrogate.ranker();
  const journal = join(context.reportFolder, "journal", `${fileName(judging.entry.name)}-${prepared.sha256.slice(0, 16)}.jsonl`);
  let proofRun: JudgedRun | undefined;
  const outcome = await searchUnits({
    units: lane.units,
    heldByNoUnit: (lane.coverage.heldByNoUnit ?? []).filter((one) => !inBodies.includes(one)),
    heldInBodies: inBodies,
    probe: makeProbe(judging, split, effects.clock, (samples, run) => {
      if (samples === "prove") proofRun = run;
    }),
    ...(open ? { ranker: open.ranker } : {}),
    samples: countsOf(split, open?.samples.length ?? 0),
    plain: judgedResult(plain, lane, 0),
    ...(failsElsewhere.has(reason) ? { failsElsewhere: failsElsewhere.get(reason) } : {}),
    history: historyOf(context.earlier.get(judging.entry.name), prepared.sha256),
    group: settings.search.group,
    seed: settings.options.seed,
    budgetMs: Math.min(settings.search.budgetMinutes * msPerMinute, Math.max(0, context.deadlineMs - effects.clock.monotonicMs())),
    maxBuilds: isSimulated ? Number.POSITIVE_INFINITY : settings.search.maxBuilds,
    clock: effects.clock,
    journal: fileJournal(journal, effects),
    inputsHash: await digestOf(inputs),
    progress: (stage) => effects.log.progress(`${judging.entry.name}: search`, stage),
    notice: (text) => effects.log.notice(text),
    families: open ? await familiesOf(inputs) : [],
    schemes: isSimulated || open ? otherSchemes(inputs) : [],
    ...(isSimulated ? {} : { simulatedPlain: plainScheme(inputs) }),
    cancelled: effects.cancelled,
  });
  // Only a search that could go on leaves one: an answer is proved by builds of this run, not by those of an earlier one.
  if (outcome.kind !== "budget" && outcome.kind !== "tool-failing") await effects.files.remove(journal);
  return { outcome: withIndices(outcome, split), proofRun };
}

/** Kinds of units, by the graph that they were found in. */
async function familiesOf({ prepared: { job, lane } }: SearchInputs): Promise<readonly Family[]> {
  const model = await readModel(job.quantization.qdqPath ?? job.modelPath, job.effects.files, { weights: "left-in-file" });
  return unitFamilies(toNetwork(model), lane.units);
}

/** Polygraphy's own answer, asked of the proof samples as any other. */
async function proved({ judging, split, context }: SearchInputs, outcome: SearchOutcome): Promise<Pick<Searched, "outcome" | "proofRun">> {
  if (outcome.keep.length === 0) return { outcome };
  if (split.prove.length === 0) return { outcome: { ...outcome, proof: notAsked("Not proved: there is a single validation sample.") } };
  let proofRun: JudgedRun | undefined;
  const probe = makeProbe(judging, split, context.effects.clock, (_, run) => {
    proofRun = run;
  });
  const proof = proofOf(await probe(new Set(outcome.keep), "prove"), countsOf(split, 0));
  return { outcome: withIndices({ ...outcome, proof }, split), proofRun };
}

const withIndices = (outcome: SearchOutcome, { prove }: SampleSplit): SearchOutcome =>
  outcome.proof.result ? { ...outcome, proof: { ...outcome.proof, indices: prove } } : outcome;

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
