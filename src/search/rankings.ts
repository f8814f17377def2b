/**
 * The order in which groups deserve higher precision. Makes orders only; nothing here decides how many are kept.
 * Leave-one-in: one group quantised, all others kept. Of the orders that were tried on real models it was the best, and its errors add up.
 */
import type { Unit } from "../model/unit.ts";
import { type Group, groupUnits } from "./groups.ts";
import type { Ranking, RankingName } from "./outcome.ts";
import type { ProbeResult, Slice } from "./probe.ts";
import type { ProbeRunner } from "./probe-runner.ts";
import type { SearchRequest } from "./request.ts";

interface Round {
  readonly count: number;
  readonly part: number;
}

/** Samples of each round, and the part of the groups, worst first, that goes on to it: those far from mattering need no exact figure. */
const rounds: readonly Round[] = [
  { count: 2, part: 1 },
  { count: 2, part: 1 / 2 },
  { count: 4, part: 1 / 4 },
  { count: 8, part: 1 / 8 },
];
/** A thorough ranker asks about every group in every round while that is cheap, and has more rounds. */
const thoroughRounds: readonly Round[] = [...rounds, { count: 16, part: 1 / 8 }, { count: 16, part: 1 / 8 }];
/** Samples that a thorough ranking looks at. */
export const thoroughSamples = thoroughRounds.reduce((sum, { count }) => sum + count, 0);
/** Of the search's time. */
const mostOfBudget = 1 / 3;
const cheapPart = 1 / 10;
/** As long as its probes have taken no more, a thorough ranking asks about every group in the next round: such a round costs as much as all before together. */
export const secondsForAll = (budgetMs: number): number => (budgetMs * cheapPart) / 2 / 1000;
/** So many failures at the start, and the ranker is taken for broken. */
const failuresAtStart = 3;

type Facts = Pick<SearchRequest, "ranker" | "budgetMs" | "progress">;

/** What a thorough leave-one-in asks, in its order, for whoever answers ahead. `samples`: how many there are to rank on. */
export function firstQuestions(
  units: readonly Unit[],
  by: "unit" | "block",
  samples: number,
): { readonly keep: ReadonlySet<string>; readonly slice: Slice }[] {
  const groups = groupUnits(units, by);
  const others = groups.map(({ id }) => new Set(groups.filter((other) => other.id !== id).flatMap((other) => other.units)));
  return singles({ from: 0, count: Math.min(thoroughSamples, samples) }).flatMap((slice) => others.map((keep) => ({ keep, slice })));
}

const singles = ({ from, count }: Slice): Slice[] => Array.from({ length: count }, (_, i) => ({ from: from + i, count: 1 }));

/** By leave-one-in as far as a third of the budget allows, else by the error that units add themselves, else in the network's order. */
export async function rankGroups(runner: ProbeRunner, groups: readonly Group[], facts: Facts): Promise<Ranking> {
  const alone = await leaveOneIn(runner, groups, facts);
  if (alone !== undefined) return alone;
  const errors = await facts.ranker?.injected?.();
  return errors && errors.size > 0 ? byInjectedError(groups, errors) : topological(groups);
}

/** Errors of one group by itself, as sums over samples: energies, and amplitudes of what is lost of the limit. */
interface Errors {
  samples: number;
  sqnr: number;
  margin: number;
  amplitude: number;
}

async function leaveOneIn(runner: ProbeRunner, groups: readonly Group[], facts: Facts): Promise<Ranking | undefined> {
  const { ranker, budgetMs, progress } = facts;
  if (ranker === undefined || ranker.samples === 0) return undefined;
  const ids = groups.map((group) => group.id);
  const errors = new Map<string, Errors>();
  const spent = { seconds: 0, probes: 0, failures: 0 };
  const isThorough = ranker.isThorough === true;
  const order = (some: readonly string[]) => worstFirst(some, errors, isThorough ? "amplitude" : "margin");
  let going = ids;
  let from = 0;
  for (const { count, part } of isThorough ? thoroughRounds : rounds) {
    const round: Slice = { from, count: Math.min(count, ranker.samples - from) };
    if (round.count <= 0) break;
    const isCheap = isThorough && spent.seconds <= secondsForAll(budgetMs);
    going = isCheap ? ids : order(going).slice(0, Math.ceil(ids.length * part));
    for (const slice of isThorough ? singles(round) : [round])
      for (const [i, id] of going.entries()) {
        progress?.(`ranking by leave-one-in: ${i + 1} of ${going.length}, samples ${slice.from + 1} to ${slice.from + slice.count}`);
        const keep = ids.filter((other) => other !== id);
        const result = await runner.askRanker(keep, slice);
        // Its own time, not what was waited for it: it may have been answered ahead, and in a resumed search.
        spent.seconds += result.seconds;
        spent.probes++;
        if (result.kind === "unknown" && ++spent.failures >= failuresAtStart && errors.size === 0) return undefined;
        add(errors, id, result, slice.count);
        const roundSeconds = (spent.seconds / spent.probes) * going.length * (round.count / slice.count);
        if (from === 0 && spent.probes === 1 && roundSeconds * 1000 > budgetMs * mostOfBudget) return undefined;
      }
    from += round.count;
    // The next round asks about half as many groups at least, on at most as many samples each as all before.
    if (!isCheap && spent.seconds * 1.5 * 1000 > budgetMs * mostOfBudget) break;
  }
  return {
    name: "leave-one-in",
    order: order(ids),
    alone: new Map(
      [...errors].flatMap(([id, { samples, sqnr, margin }]) =>
        samples === 0 ? [] : [[id, { sqnrDb: inDb(sqnr / samples), marginDb: inDb(margin / samples) }] as const],
      ),
    ),
    probes: spent.probes,
    seconds: spent.seconds,
  };
}

/**
 * A failed probe adds nothing, and a group without any answer comes last. NaN and the error of a silent sample add nothing either, but a group of which
 * nothing else is known has lost its outputs.
 */
function add(errors: Map<string, Errors>, id: string, result: ProbeResult, samples: number): void {
  if (result.kind === "unknown") return;
  const sums = errors.get(id) ?? { samples: 0, sqnr: 0, margin: 0, amplitude: 0 };
  errors.set(id, sums);
  if (Number.isNaN(result.sqnrDb + result.marginDb) || (samples === 1 && result.marginDb === Number.NEGATIVE_INFINITY)) return;
  sums.samples += samples;
  sums.sqnr += samples * energyOf(result.sqnrDb);
  sums.margin += samples * energyOf(result.marginDb);
  sums.amplitude += samples * Math.sqrt(energyOf(result.marginDb));
}

const energyOf = (db: number): number => 10 ** (-db / 10);
const inDb = (energy: number): number => -10 * Math.log10(energy);

/**
 * By what is lost of the limit, then by SQNR; equal ones keep the network's order. `amplitude`: one wild sample does not put a group in front, as its
 * energy would; measured in docs/design/034-thorough-ranking.md.
 */
function worstFirst(ids: readonly string[], errors: ReadonlyMap<string, Errors>, by: "amplitude" | "margin"): string[] {
  const mean = (id: string, of: "amplitude" | "margin" | "sqnr") => {
    const sums = errors.get(id);
    if (sums === undefined) return -1;
    return sums.samples === 0 ? Number.POSITIVE_INFINITY : sums[of] / sums.samples;
  };
  return ids.toSorted((a, b) => compare(mean(b, by), mean(a, by)) || compare(mean(b, "sqnr"), mean(a, "sqnr")));
}

/** Infinite values compare, they are not subtracted. */
const compare = (a: number, b: number): number => (a === b ? 0 : a > b ? 1 : -1);

/** A group's errors add up as energies. A unit without a figure adds nothing. */
function byInjectedError(groups: readonly Group[], errors: ReadonlyMap<string, number>): Ranking {
  const energy = (id: string) => energyOf(errors.get(id) ?? Number.POSITIVE_INFINITY);
  const score = new Map(groups.map((group) => [group.id, group.units.reduce((sum, id) => sum + energy(id), 0)]));
  const order = groups.map(({ id }) => id).toSorted((a, b) => compare(score.get(b) ?? 0, score.get(a) ?? 0));
  return freeRanking("error-growth", order);
}

/** Groups that an earlier fix kept lead, in its order; the others follow in `rest`'s order. `length`: how many it kept. */
export function byHistory(
  groups: readonly Group[],
  history: readonly string[],
  rest: readonly string[],
): { ranking: Ranking; length: number } {
  const groupOf = new Map(groups.flatMap((group) => group.units.map((unit) => [unit, group.id] as const)));
  const kept = new Set(history.flatMap((unit) => groupOf.get(unit) ?? []));
  return { ranking: freeRanking("history", [...kept, ...rest.filter((id) => !kept.has(id))]), length: kept.size };
}

/** The order of the network itself: what contiguous searches use. */
export const topological = (groups: readonly Group[]): Ranking =>
  freeRanking(
    "topological",
    groups.map(({ id }) => id),
  );

const freeRanking = (name: RankingName, order: readonly string[]): Ranking => ({ name, order, alone: new Map(), probes: 0, seconds: 0 });
