/**
 * Decides which set is accepted: pruned on the search half, judged on the half that pruning never saw; else the shortest ranked prefix that passes both.
 */
import { type Answer, shortestPrefix } from "./prefix.ts";
import { type ProbeRunner, passes, type Question } from "./probe-runner.ts";
import { prune } from "./prune.ts";
import type { ProbeResult, Ranking } from "./search.ts";

export interface Accepted {
  readonly kind: "found" | "prefix";
  /** Ids of groups. */
  readonly keep: readonly string[];
  readonly oneMinimal: boolean;
  readonly heldOut: ProbeResult;
}

export interface PrefixHit {
  readonly ranking: Ranking;
  readonly length: number;
}

const answer = (result: ProbeResult, guardDb = 0): Answer =>
  result.kind === "unknown" ? "unknown" : passes(result, guardDb) ? "pass" : "fail";

export interface PrefixSearch {
  readonly longest: number;
  readonly cheap?: boolean;
  /** Least margin that counts as passing; 0 without it. */
  readonly guardDb?: number;
}

/** Shortest passing prefix of one ranking on the search half, up to `longest` groups. */
export function shortestOnSearchHalf(
  prober: ProbeRunner,
  ranking: Ranking,
  { longest, cheap = false, guardDb }: PrefixSearch,
): Promise<number | undefined> {
  const ask = async (length: number) => answer(await prober.ask({ ...prefixQuestion(ranking, length), cheap }), guardDb);
  return shortestPrefix(ask, { start: 1, longest });
}

/** Shortest prefix of one ranking that passes both halves. */
export function shortestOnBothHalves(prober: ProbeRunner, ranking: Ranking, start: number, longest: number): Promise<number | undefined> {
  return shortestPrefix(async (length) => passesBothHalves(prober, ranking, length), { start, longest });
}

/** The held-out half is asked only where the search half passes. A set that a fresh build refused fails. */
export async function passesBothHalves(prober: ProbeRunner, ranking: Ranking, length: number): Promise<Answer> {
  const question = prefixQuestion(ranking, length);
  if (prober.isRefused(question.keep)) return "fail";
  const searched = answer(await prober.ask(question));
  return searched === "pass" ? answer(await prober.ask({ ...question, phase: "accept", half: "accept" })) : searched;
}

const prefixQuestion = (ranking: Ranking, length: number): Question => ({
  phase: "gallop",
  ranking: ranking.name,
  keep: ranking.order.slice(0, length),
  half: "search",
});

/**
 * Prunes with a guard against fitting the search samples: a member may go while the margin stays at 2 bootstrap standard deviations of the
 * smaller set, or at what the prefix itself had where that is less.
 */
export async function pruneGuarded(prober: ProbeRunner, hit: PrefixHit, cheap = false) {
  const start = await prober.ask({ ...prefixQuestion(hit.ranking, hit.length), cheap });
  const slack = start.kind === "measured" ? start.marginDb : 0;
  return prune(hit.ranking.order.slice(0, hit.length), async (keep, phase) => {
    const result = await prober.ask({ phase, ranking: hit.ranking.name, keep, half: "search", cheap });
    if (answer(result) !== "pass" || result.kind === "unknown") return answer(result);
    return result.marginDb >= Math.min(2 * result.sdDb, slack) ? "pass" : "fail";
  });
}

/**
 * The pruned set of the shortest prefix where the held-out half takes it. Else the shortest prefix of any ranking for both halves, pruned where
 * the held-out half takes that: it is longer, so its guard is wider. Undefined: no prefix passes both.
 */
export async function acceptBest(
  prober: ProbeRunner,
  hit: PrefixHit,
  rankings: readonly Ranking[],
  longest: number,
): Promise<Accepted | undefined> {
  const first = await acceptPruned(prober, hit);
  if (first) return first;

  const hits: PrefixHit[] = [];
  for (const ranking of rankings) {
    const length = await shortestOnBothHalves(prober, ranking, 1, longest);
    if (length !== undefined) hits.push({ ranking, length });
  }
  const shortest = hits.toSorted((a, b) => a.length - b.length)[0];
  return shortest && ((await acceptPruned(prober, shortest)) ?? acceptPrefix(prober, shortest));
}

async function acceptPruned(prober: ProbeRunner, hit: PrefixHit): Promise<Accepted | undefined> {
  const pruned = await pruneGuarded(prober, hit);
  const heldOut = await prober.ask({ phase: "accept", ranking: hit.ranking.name, keep: pruned.keep, half: "accept" });
  return passes(heldOut) ? { kind: "found", ...pruned, heldOut } : undefined;
}

/** A prefix that is known to pass both halves. */
export async function acceptPrefix(prober: ProbeRunner, { ranking, length }: PrefixHit): Promise<Accepted> {
  const keep = ranking.order.slice(0, length);
  const heldOut = await prober.ask({ phase: "accept", ranking: ranking.name, keep, half: "accept" });
  return { kind: "prefix", keep, oneMinimal: false, heldOut };
}
