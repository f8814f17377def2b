/**
 * Search where a probe is a build of an engine: the surrogate ranks and guesses, real probes only decide.
 * Spends about 4 to 8 builds; gives a ranked prefix, or the set that the surrogate pruned from it where one real build agrees.
 */
import { type Accepted, acceptPrefix, type PrefixHit, passesBothHalves, pruneGuarded, shortestOnSearchHalf } from "./accept.ts";
import { bisect } from "./prefix.ts";
import { type ProbeRunner, passes } from "./probe-runner.ts";
import type { ProbeResult, Ranking } from "./search.ts";

export interface FewBuilds {
  /** From here on the error counts as diffuse. */
  readonly longest: number;
  /** Fresh builds that must pass the held-out half. */
  readonly confirmBuilds: number;
  readonly hasSurrogate: boolean;
  /** Noise of building: what the surrogate's guess must have to spare. The engines themselves decide by votes, the first build and the fresh ones. */
  readonly guardDb: number;
}

export interface AcceptedByFew {
  readonly accepted: Accepted;
  readonly hit: PrefixHit;
  /** Why the last fresh build refused the set; undefined where all of them passed. */
  readonly refusal: string | undefined;
}

/** Builds beyond the confirmations that must be left before a set is made smaller. */
const spareBuilds = 4;

/** Goes on to longer prefixes where a set is refused by a fresh build. Undefined: no prefix of the best two rankings passes. */
export async function acceptWithFewBuilds(
  prober: ProbeRunner,
  rankings: readonly Ranking[],
  few: FewBuilds,
): Promise<AcceptedByFew | undefined> {
  const guesses = few.hasSurrogate ? await guessBySurrogate(prober, rankings, few) : rankings.map(blindGuess);
  let last: AcceptedByFew | undefined;
  for (const guess of guesses.slice(0, 2)) {
    let below = 0;
    for (let length = Math.min(guess.length, few.longest); length > below; length = Math.min(2 * below, few.longest)) {
      let missed = length;
      if ((await passesBothHalves(prober, guess.ranking, length)) === "pass") {
        const { accepted, hit } = await settleOn(prober, guess.ranking, { below, length }, few);
        last = { accepted, hit, refusal: await refusalOf(prober, accepted.keep, few.confirmBuilds) };
        if (last.refusal === undefined) return last;
        // A narrower set was refused; the one that it was narrowed from was not.
        missed = hit.length;
      }
      below = missed;
    }
  }
  return last;
}

/**
 * A shorter or pruned set where builds are left for it, else the prefix itself. The surrogate's own guess is not narrowed: on an H100 that
 * cost three builds of six and found nothing shorter that held.
 */
async function settleOn(prober: ProbeRunner, ranking: Ranking, found: { below: number; length: number }, few: FewBuilds) {
  const hasSpareBuilds = () => prober.buildsLeft > few.confirmBuilds + spareBuilds;
  const ask = (length: number) => passesBothHalves(prober, ranking, length);
  const gap = Math.max(1, Math.floor(found.length / 4));
  const isGuess = few.hasSurrogate && found.below === 0;
  const hit: PrefixHit = {
    ranking,
    length: hasSpareBuilds() && !isGuess ? await bisect(ask, found.below, found.length, gap) : found.length,
  };
  const pruned = few.hasSurrogate && few.guardDb === 0 && hasSpareBuilds() ? await acceptPruned(prober, hit) : undefined;
  return { accepted: pruned ?? (await acceptPrefix(prober, hit)), hit };
}

/** Undefined where each of so many fresh builds passes the held-out half. */
export async function refusalOf(prober: ProbeRunner, keep: readonly string[], builds: number): Promise<string | undefined> {
  for (let i = 0; i < builds; i++) {
    const result = await prober.confirm(keep);
    if (result.kind === "unknown") return result.why;
    if (!passes(result)) return `a fresh build missed the limit by ${(-result.marginDb).toPrecision(3)}`;
  }
  return undefined;
}

interface Guess extends PrefixHit {
  /** dB that the surrogate misses, the room for the noise of building included; 0 where it expects a pass, infinite where it knows nothing. */
  readonly missingDb: number;
}

/** One for each ranking: those from which the surrogate expects a pass first, shortest first; then by what it misses. */
async function guessBySurrogate(prober: ProbeRunner, rankings: readonly Ranking[], few: FewBuilds): Promise<PrefixHit[]> {
  const guesses: Guess[] = [];
  for (const ranking of rankings) guesses.push((await guessIn(prober, ranking, few)) ?? { ...blindGuess(ranking), missingDb: Infinity });
  return guesses.toSorted((a, b) => (a.missingDb === b.missingDb ? a.length - b.length : a.missingDb - b.missingDb));
}

async function guessIn(prober: ProbeRunner, ranking: Ranking, few: FewBuilds): Promise<Guess | undefined> {
  if (prober.hasRanker) return guessByGain(prober, ranking, few);
  const length = await shortestOnSearchHalf(prober, ranking, { longest: few.longest, cheap: true, guardDb: few.guardDb });
  return length === undefined ? undefined : { ranking, length, missingDb: 0 };
}

/**
 * Shortest prefix that gains on the ranking samples what the plain engine lacks on its worse half, and the spare. A half is small and a prefix
 * may fit it by chance; the ranking samples are others and more. Each length is asked: gains are not monotone, and a miss costs a build.
 * Where none gains that much it is the one that gains most. Undefined where nothing can be measured.
 */
async function guessByGain(prober: ProbeRunner, ranking: Ranking, { longest, guardDb }: FewBuilds): Promise<Guess | undefined> {
  const marginOf = async (length: number) => {
    const keep = ranking.order.slice(0, length);
    return marginIn(await prober.ask({ phase: "rank", ranking: ranking.name, keep, half: "search", cheap: true, onRankingSamples: true }));
  };
  const plain = async (half: "search" | "accept") => marginIn(await prober.ask({ phase: "premise", keep: [], half }));
  // No kept set is looked at on the held-out half, only how far the plain engine is off there. A half that says nothing is left out.
  const worse = Math.min(...[await plain("search"), await plain("accept")].filter((margin) => !Number.isNaN(margin)));
  if (worse === Infinity) return undefined;
  const wanted = (await marginOf(0)) - worse + spareGuards * guardDb;
  let best: Guess | undefined;
  for (let length = 1; length <= Math.min(longest, ranking.order.length); length++) {
    const missingDb = Math.max(0, wanted - (await worstNear(marginOf, length, ranking.order.length)));
    if (missingDb < (best?.missingDb ?? Infinity)) best = { ranking, length, missingDb };
    if (missingDb === 0) break;
  }
  return best;
}

const marginIn = (result: ProbeResult): number => (result.kind === "measured" ? result.marginDb : Number.NaN);

/**
 * Worst margin of this prefix and the next two: how errors add up is chaotic, and a prefix that stands out from its neighbours by itself does
 * so by luck, which the next engine does not share. NaN where one of them cannot be measured.
 */
async function worstNear(marginOf: (length: number) => Promise<number>, length: number, longest: number): Promise<number> {
  const margins: number[] = [];
  for (let near = length; near <= Math.min(length + 2, longest); near++) margins.push(await marginOf(near));
  return Math.min(...margins);
}

/**
 * One guard is how far a build may move, and the first build and the fresh ones must all pass. On an H100 a set with one guard to spare passed
 * one of its builds by 0.4 dB, and one with one and a half was refused.
 */
const spareGuards = 2;

/** Where nothing is known: the eighth part. */
const blindGuess = (ranking: Ranking): PrefixHit => ({ ranking, length: Math.max(1, Math.ceil(ranking.order.length / 8)) });

/** One build for the set that the surrogate prunes; the engine has the last word. */
async function acceptPruned(prober: ProbeRunner, hit: PrefixHit): Promise<Accepted | undefined> {
  if (hit.length < 2) return undefined;
  const { keep } = await pruneGuarded(prober, hit, true);
  if (keep.length === hit.length) return undefined;
  const question = { phase: "prune", ranking: hit.ranking.name, keep, half: "search" } as const;
  if (!passes(await prober.ask(question))) return undefined;
  const heldOut = await prober.ask({ ...question, phase: "accept", half: "accept" });
  return passes(heldOut) ? { kind: "found", keep, oneMinimal: false, heldOut } : undefined;
}
