/**
 * Search where a probe is a build of an engine: the surrogate ranks and guesses, real probes only decide.
 * Spends about 4 to 8 builds; gives a ranked prefix, or the set that the surrogate pruned from it where one real build agrees.
 */
import { type Accepted, acceptPrefix, type Hit, passesBothHalves, pruneGuarded, shortestOnSearchHalf } from "./accept.ts";
import { bisect, gallop } from "./prefix.ts";
import { type Prober, passes } from "./prober.ts";
import type { Ranking } from "./search.ts";

export interface FewBuilds {
  /** From here on the error counts as diffuse. */
  readonly longest: number;
  /** Builds that are left for confirming. */
  readonly reserve: number;
  readonly hasSurrogate: boolean;
}

/** Undefined: no prefix of the best two rankings passes. */
export async function acceptWithFewBuilds(
  prober: Prober,
  rankings: readonly Ranking[],
  { longest, reserve, hasSurrogate }: FewBuilds,
): Promise<{ readonly accepted: Accepted; readonly hit: Hit } | undefined> {
  const guesses = hasSurrogate ? await guessBySurrogate(prober, rankings, longest) : rankings.map(blindGuess);
  for (const guess of guesses.slice(0, 2)) {
    const ask = (length: number) => passesBothHalves(prober, guess.ranking, length);
    const found = await gallop(ask, { start: guess.length, longest });
    if (!found) continue;
    const gap = Math.max(1, Math.floor(found.length / 4));
    const length = prober.buildsLeft > reserve ? await bisect(ask, found.below, found.length, gap) : found.length;
    const hit: Hit = { ranking: guess.ranking, length };
    const pruned = hasSurrogate ? await acceptPruned(prober, hit, reserve) : undefined;
    return { accepted: pruned ?? (await acceptPrefix(prober, hit)), hit };
  }
  return undefined;
}

/** Rankings with the length at which the surrogate passes, shortest first. */
async function guessBySurrogate(prober: Prober, rankings: readonly Ranking[], longest: number): Promise<Hit[]> {
  const guesses: Hit[] = [];
  for (const ranking of rankings) {
    const length = await shortestOnSearchHalf(prober, ranking, longest, true);
    guesses.push(length === undefined ? blindGuess(ranking) : { ranking, length });
  }
  return guesses.toSorted((a, b) => a.length - b.length);
}

/** Where nothing is known: the eighth part. */
const blindGuess = (ranking: Ranking): Hit => ({ ranking, length: Math.max(1, Math.ceil(ranking.order.length / 8)) });

/** One build for the set that the surrogate prunes; the engine has the last word. */
async function acceptPruned(prober: Prober, hit: Hit, reserve: number): Promise<Accepted | undefined> {
  if (hit.length < 2 || prober.buildsLeft <= reserve) return undefined;
  const { keep } = await pruneGuarded(prober, hit, true);
  if (keep.length === hit.length) return undefined;
  const question = { phase: "prune", ranking: hit.ranking.name, keep, half: "search" } as const;
  if (!passes(await prober.ask(question))) return undefined;
  const heldOut = await prober.ask({ ...question, phase: "accept", half: "accept" });
  return passes(heldOut) ? { kind: "found", keep, oneMinimal: false, heldOut } : undefined;
}
