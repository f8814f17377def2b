/**
 * Search where a probe is a build of an engine: the surrogate ranks and guesses, real probes only decide.
 * Spends about 4 to 8 builds; gives a ranked prefix, or the set that the surrogate pruned from it where one real build agrees.
 */
import { type Accepted, acceptPrefix, type Hit, passesBothHalves, pruneGuarded, shortestOnSearchHalf } from "./accept.ts";
import { bisect, gallop } from "./prefix.ts";
import { type Prober, passes } from "./prober.ts";
import type { Ranking } from "./search.ts";

/** `longest`: from where on the error counts as diffuse. `reserve`: builds that are left for confirming. Undefined: no prefix of the best two rankings passes. */
export async function acceptWithFewBuilds(
  prober: Prober,
  rankings: readonly Ranking[],
  longest: number,
  reserve: number,
): Promise<{ readonly accepted: Accepted; readonly hit: Hit } | undefined> {
  const guesses = await guessByStandIn(prober, rankings, longest);
  for (const guess of guesses.slice(0, 2)) {
    const ask = (length: number) => passesBothHalves(prober, guess.ranking, length);
    const found = await gallop(ask, { start: guess.length, longest });
    if (!found) continue;
    const gap = Math.max(1, Math.floor(found.length / 4));
    const length = prober.buildsLeft > reserve ? await bisect(ask, found.below, found.length, gap) : found.length;
    const hit: Hit = { ranking: guess.ranking, length };
    return { accepted: (await acceptPruned(prober, hit, reserve)) ?? (await acceptPrefix(prober, hit)), hit };
  }
  return undefined;
}

/** Rankings with the length at which the surrogate passes, shortest first; a ranking whose prefixes never pass there begins at the eighth part. */
async function guessByStandIn(prober: Prober, rankings: readonly Ranking[], longest: number): Promise<Hit[]> {
  const guesses: Hit[] = [];
  for (const ranking of rankings) {
    const length = await shortestOnSearchHalf(prober, ranking, longest, true);
    guesses.push({ ranking, length: length ?? Math.max(1, Math.ceil(ranking.order.length / 8)) });
  }
  return guesses.toSorted((a, b) => a.length - b.length);
}

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
