/**
 * The story of one ranked search: premise, rankings, shortest prefixes, pruning, the held-out half, confirmation, outcome.
 * Decides which units are kept; how a probe comes about is the caller's.
 */
import { type Accepted, acceptBest, type PrefixHit, shortestOnSearchHalf } from "./accept.ts";
import { acceptWithFewBuilds, refusalOf } from "./budgeted-search.ts";
import { type Group, groupUnits, unitsOf } from "./groups.ts";
import { openJournal } from "./journal.ts";
import { outcomeMessage } from "./messages.ts";
import { checkPremise } from "./preconditions.ts";
import { ProbeRunner, passes, SearchStopped } from "./probe-runner.ts";
import { rankGroups } from "./rankings.ts";
import { adviseSchemes } from "./schemes.ts";
import type { Advice, OutcomeKind, ProbeResult, Ranking, SearchOutcome, SearchRequest } from "./search.ts";

/** What is known so far; survives a stop. */
interface Notes {
  rankings: readonly Ranking[];
  prefix: { readonly ranking: Ranking["name"]; readonly length: number | undefined }[];
}

interface SearchEnd {
  readonly kind: OutcomeKind;
  readonly keep: readonly string[];
  readonly oneMinimal?: boolean;
  readonly heldOut?: ProbeResult;
  readonly advice?: readonly Advice[];
  readonly why?: string;
}

/**
 * Finds units to keep in higher precision. Never claims more than was measured: `keep` of a `found` or `prefix` passed the held-out half.
 * Rejects only with what `cancelled` holds or what `probe` throws; a probe that fails should answer `unknown`.
 */
export async function searchUnits(request: SearchRequest): Promise<SearchOutcome> {
  const groups = groupUnits(request.units, request.group ?? "unit");
  const inputs = `${request.inputsHash ?? ""} ${request.group ?? "unit"} ${groups.length} ${request.seed}`;
  const prober = new ProbeRunner(request, groups, await openJournal(request.journal, inputs, request.notice));
  const notes: Notes = { rankings: [], prefix: [] };
  const ending = await searchUntilStopped(request, groups, prober, notes);
  return outcome(request, groups, prober, notes, ending);
}

async function searchUntilStopped(request: SearchRequest, groups: readonly Group[], prober: ProbeRunner, notes: Notes): Promise<SearchEnd> {
  try {
    return await search(request, groups, prober, notes);
  } catch (error) {
    if (!(error instanceof SearchStopped)) throw error;
    return { kind: error.reason, keep: prober.best ?? [], why: error.message };
  }
}

/** Two rankings by probes, and a search and sweep over their prefixes: with fewer builds than this probes cannot rank. */
const BUILDS_PER_UNIT = 3;

async function search(request: SearchRequest, groups: readonly Group[], prober: ProbeRunner, notes: Notes): Promise<SearchEnd> {
  if (groups.length === 0) return { kind: "none", keep: [], why: "the model has no units that run quantised" };
  const hasSurrogate = request.surrogate !== undefined;
  const fewBuilds = hasSurrogate || request.maxBuilds < BUILDS_PER_UNIT * groups.length;
  const premise = await checkPremise(prober, groups, { withFull: !fewBuilds, heldByNoUnit: request.heldByNoUnit });
  if (premise.ending) return premise.ending;

  notes.rankings = await rankGroups(prober, groups, request, { byProbes: hasSurrogate || !fewBuilds });
  request.progress?.("searching the shortest prefixes");
  if (fewBuilds) return searchOnEngines(request, groups, prober, { notes, empty: premise.empty });
  const accepted = await acceptOnProbes(groups, prober, notes);
  if (!accepted) return diffuse(request, groups, prober, premise.empty);
  if (isDiffuse(accepted.keep.length, groups.length)) return diffuse(request, groups, prober, premise.empty, accepted.keep.length);
  return confirm(prober, accepted, request.confirmBuilds ?? 0);
}

/** Probes are cheap: every ranking is searched, the shortest prefix is pruned to a 1-minimal set. */
async function acceptOnProbes(groups: readonly Group[], prober: ProbeRunner, notes: Notes): Promise<Accepted | undefined> {
  const hits: PrefixHit[] = [];
  for (const ranking of notes.rankings) {
    const length = await shortestOnSearchHalf(prober, ranking, { longest: groups.length });
    notes.prefix.push({ ranking: ranking.name, length });
    if (length !== undefined) hits.push({ ranking, length });
  }
  const shortest = hits.toSorted((a, b) => a.length - b.length)[0];
  if (!shortest || tooLong(shortest.length, groups.length)) return undefined;
  return acceptBest(prober, shortest, notes.rankings, groups.length);
}

async function searchOnEngines(
  request: SearchRequest,
  groups: readonly Group[],
  prober: ProbeRunner,
  { notes, empty }: { readonly notes: Notes; readonly empty: ProbeResult },
): Promise<SearchEnd> {
  const found = await acceptWithFewBuilds(prober, notes.rankings, {
    longest: longestWorthwhile(groups.length),
    confirmBuilds: request.confirmBuilds ?? 0,
    hasSurrogate: request.surrogate !== undefined,
    guardDb: request.guardDb ?? 0,
  });
  if (!found) return diffuse(request, groups, prober, empty);
  notes.prefix.push({ ranking: found.hit.ranking.name, length: found.hit.length });
  return found.refusal === undefined ? found.accepted : { ...found.accepted, kind: "not-confirmed", why: found.refusal };
}

/** More than a quarter of the units, and more than 8. */
export const isDiffuse = (kept: number, of: number): boolean => kept > of / 4 && kept > 8;
const longestWorthwhile = (of: number): number => Math.min(of, Math.max(8, Math.floor(of / 4)));
/** Beyond half of the units pruning has never come back below a quarter, and each try costs a probe. */
const tooLong = (prefix: number, of: number): boolean => prefix > of / 2 && isDiffuse(prefix, of);

async function confirm(prober: ProbeRunner, accepted: Accepted, builds: number): Promise<SearchEnd> {
  const why = await refusalOf(prober, accepted.keep, builds);
  return why === undefined ? accepted : { ...accepted, kind: "not-confirmed", why };
}

async function diffuse(
  request: SearchRequest,
  groups: readonly Group[],
  prober: ProbeRunner,
  empty: ProbeResult,
  kept?: number,
): Promise<SearchEnd> {
  if (Number.isFinite(request.maxBuilds)) {
    const premise = await checkPremise(prober, groups, { withFull: true, heldByNoUnit: request.heldByNoUnit });
    if (premise.ending) return premise.ending;
  }
  const advice = await adviseSchemes(prober, request, empty);
  const why =
    kept === undefined
      ? `no short ranked prefix of the ${groups.length} groups of nodes passes both halves of the samples`
      : `${kept} of ${groups.length} would have to be kept`;
  return { kind: "diffuse", keep: [], advice, why };
}

function outcome(
  request: SearchRequest,
  groups: readonly Group[],
  prober: ProbeRunner,
  notes: Notes,
  { kind, keep, oneMinimal, heldOut, advice, why }: SearchEnd,
): SearchOutcome {
  const what = request.group === "block" ? "blocks" : "units";
  return {
    kind,
    method: "ranked",
    message: outcomeMessage({ kind, kept: keep.length, of: groups.length, what, heldOut, ...(why === undefined ? {} : { why }) }),
    units: request.units,
    rankings: notes.rankings,
    probes: prober.records,
    prefix: notes.prefix,
    keep: unitsOf(groups, keep),
    confirmations: prober.confirmationsOf(keep),
    oneMinimal: oneMinimal ?? false,
    heldOut: heldOut?.kind === "measured" ? { passes: passes(heldOut), sqnrDb: heldOut.sqnrDb, marginDb: heldOut.marginDb } : undefined,
    heldOutHalf: prober.heldOutHalf,
    advice: advice ?? [],
    builds: prober.builds,
    seconds: prober.seconds,
    seed: request.seed,
  };
}
