/**
 * The story of one ranked search: preconditions, ranking, choice, proof, curve, outcome. Three sets of samples that do not meet rank, choose and prove.
 * Decides which units are kept; how a probe comes about is the caller's.
 */
import { chooseByProbes } from "./choose.ts";
import { drawCurve } from "./curve.ts";
import { chooseByEngines } from "./engine-search.ts";
import { type Group, groupUnits, unitsOf } from "./groups.ts";
import { openJournal } from "./journal.ts";
import { outcomeMessage } from "./messages.ts";
import type { Advice, Curve, OutcomeKind, Proof, Ranking, SearchOutcome } from "./outcome.ts";
import { checkFullSet, checkPreconditions, isImpossible } from "./preconditions.ts";
import { Prediction } from "./prediction.ts";
import type { Measured } from "./probe.ts";
import { ProbeRunner, SearchStopped } from "./probe-runner.ts";
import { notAsked, proofOf } from "./proof.ts";
import { byHistory, rankGroups } from "./rankings.ts";
import type { SearchRequest } from "./request.ts";
import { adviseByTrials } from "./trials.ts";

/** What all steps share; the notes survive a stop. */
interface Run {
  readonly request: SearchRequest;
  readonly groups: readonly Group[];
  readonly runner: ProbeRunner;
  readonly onEngines: boolean;
  readonly notes: {
    rankings: readonly Ranking[];
    prefix: SearchOutcome["prefix"];
  };
}

interface Ending {
  readonly kind: OutcomeKind;
  readonly keep: readonly string[];
  readonly oneMinimal?: boolean;
  readonly advice?: readonly Advice[];
  readonly why?: string;
}

/**
 * Finds units to keep in higher precision. Never claims more than was measured: `proof` says what samples that nothing was searched on showed.
 * Rejects only with what `cancelled` holds or what `probe` throws; a probe that fails should answer `unknown`.
 */
export async function searchUnits(request: SearchRequest): Promise<SearchOutcome> {
  const groups = groupUnits(request.units, request.group ?? "unit");
  const inputs = `${request.inputsHash ?? ""} ${request.group ?? "unit"} ${groups.length} ${request.seed}`;
  const runner = new ProbeRunner(request, groups, await openJournal(request.journal, inputs, request.notice));
  const run: Run = { request, groups, runner, onEngines: Number.isFinite(request.maxBuilds), notes: { rankings: [], prefix: [] } };
  const ending = await searchUntilStopped(run);
  const proof = await prove(run, ending);
  const curve = await curveOf(run, ending);
  const told = { ...ending, advice: ending.advice ?? (await otherScales(run, ending)) };
  return outcome(run, proof.state === "missed" ? { ...told, kind: "not-confirmed" } : told, proof, curve);
}

/** One to three units are a cheap fix; above that another calibration may do without any. */
const cheapUnits = 3;

/** Tried last, so that choice and proof have their time. Engines would cost a build each. */
async function otherScales({ request, groups, runner, onEngines }: Run, { kind, keep }: Ending): Promise<readonly Advice[]> {
  const { schemes = [] } = request;
  const empty = runner.knownOf([], "choose");
  if (onEngines || schemes.length === 0 || empty?.kind !== "measured" || !settled.has(kind) || keep.length <= cheapUnits) return [];
  return await adviseByTrials(runner, { schemes, groups, onEngines }, empty);
}

async function searchUntilStopped(run: Run): Promise<Ending> {
  try {
    return await search(run);
  } catch (error) {
    if (!(error instanceof SearchStopped)) throw error;
    return { kind: error.reason, keep: run.runner.best ?? [], why: error.message };
  }
}

async function search(run: Run): Promise<Ending> {
  const { request, groups, runner, notes, onEngines } = run;
  if (groups.length === 0) return { kind: "none", keep: [], why: "the model has no units that run quantised" };
  const found = await checkPreconditions(runner, request);
  if (isImpossible(found)) return { ...found, keep: [] };
  const full = onEngines ? undefined : await checkFullSet(runner, groups, request);
  if (full) return { ...full, keep: [] };

  const ranking = await rankGroups(runner, groups, request);
  const history = request.history && request.history.length > 0 ? byHistory(groups, request.history, ranking.order) : undefined;
  notes.rankings = history ? [ranking, history.ranking] : [ranking];
  if (onEngines) return await searchOnEngines(run, ranking, found);

  const prediction = new Prediction(ranking.order.map((id) => ranking.alone.get(id)?.marginDb ?? Number.NaN));
  prediction.learn(0, found.empty.marginDb);
  const choice = await chooseByProbes(runner, {
    ranking,
    history,
    prediction,
    requiredDb: found.requiredDb,
    isDiffuse: (kept) => isDiffuse(kept, groups.length),
  });
  notes.prefix = choice.prefix;
  return choice.chosen ?? (await diffuse(run, found.empty));
}

async function searchOnEngines(
  run: Run,
  ranking: Ranking,
  { empty, requiredDb }: { empty: Measured; requiredDb: number },
): Promise<Ending> {
  const { runner, groups, notes, request } = run;
  const longest = longestWorthwhile(groups.length);
  const chosen = await chooseByEngines(runner, { ranking, unitsOf: (id) => unitsOf(groups, [id]), empty, requiredDb, longest });
  notes.prefix = [{ ranking: ranking.name, length: chosen?.length }];
  if (chosen) return { kind: "prefix", keep: ranking.order.slice(0, chosen.length) };
  const full = await checkFullSet(runner, groups, request);
  return full ? { ...full, keep: [] } : await diffuse(run, empty);
}

/** More than a quarter of the units, and more than 8. */
export const isDiffuse = (kept: number, of: number): boolean => kept > of / 4 && kept > 8;
const longestWorthwhile = (of: number): number => Math.min(of, Math.max(8, Math.floor(of / 4)));

async function diffuse({ runner, request, groups, onEngines }: Run, empty: Measured): Promise<Ending> {
  const advice = await adviseByTrials(runner, { ...request, groups, onEngines }, empty);
  return { kind: "diffuse", keep: [], advice, why: `no short ranked prefix of the ${groups.length} groups of nodes passes` };
}

const settled: ReadonlySet<OutcomeKind> = new Set(["found", "prefix", "budget"]);

/** The one question to the proof samples. */
async function prove({ request, runner }: Run, { kind, keep }: Ending): Promise<Proof> {
  if (keep.length === 0 || !settled.has(kind)) return notAsked("Nothing was chosen that could be proved.");
  if (request.samples.prove === 0)
    return notAsked("Not proved: with a single validation sample nothing is left to prove it on. Give more validation samples.");
  return proofOf(await runner.prove(keep), request.samples);
}

async function curveOf({ notes, runner, groups, onEngines }: Run, { kind }: Ending): Promise<Curve | undefined> {
  const ranking = notes.rankings[0];
  if (ranking === undefined || kind === "tool-failing") return undefined;
  return await drawCurve(runner, groups, { ranking, isFree: !onEngines });
}

function outcome(
  { request, groups, runner, notes }: Run,
  { kind, keep, oneMinimal, advice, why }: Ending,
  proof: Proof,
  curve: Curve | undefined,
): SearchOutcome {
  const what = request.group === "block" ? "blocks" : "units";
  return {
    kind,
    method: "ranked",
    message: outcomeMessage({ kind, kept: keep.length, of: groups.length, what, proof, ...(why === undefined ? {} : { why }) }),
    units: request.units,
    rankings: notes.rankings,
    probes: runner.records,
    prefix: notes.prefix,
    keep: unitsOf(groups, keep),
    oneMinimal: oneMinimal ?? false,
    proof,
    curve,
    samples: request.samples,
    advice: advice ?? [],
    builds: runner.builds,
    seconds: runner.seconds,
    seed: request.seed,
  };
}
