/**
 * Orders in which units deserve higher precision. No single order is best on every model, so all that can be had are made.
 * Makes orders only; nothing here decides how many units are kept.
 */
import type { Unit } from "../model/unit.ts";
import { type Group, groupUnits, unitsOf } from "./groups.ts";
import type { ProbeRunner, Question } from "./probe-runner.ts";
import type { ProbeResult, Ranking, RankingName, SearchRequest } from "./search.ts";

type Facts = Pick<SearchRequest, "layerErrors" | "history" | "budgetMs" | "progress">;

/** Most telling first; always at least one. `byProbes`: one probe for each unit and ranking is affordable; else only what is known without any. */
export async function rankGroups(
  prober: ProbeRunner,
  groups: readonly Group[],
  facts: Facts,
  { byProbes }: { readonly byProbes: boolean },
): Promise<readonly Ranking[]> {
  const rankings = byProbes ? await rankByAllProbes(prober, groups, facts) : [];
  if (facts.layerErrors && facts.layerErrors.size > 0) rankings.push(byInjectedError(groups, facts.layerErrors));
  const rest = rankings[0] ?? topological(groups);
  if (facts.history && facts.history.length > 0) rankings.push(byHistory(groups, facts.history, rest.order));
  return rankings.length === 0 ? [rest] : rankings;
}

/** The second round is left out when it would take the search past half of its time. */
async function rankByAllProbes(prober: ProbeRunner, groups: readonly Group[], facts: Facts): Promise<Ranking[]> {
  const leaveOneIn = await rankByProbes("leave-one-in", prober, groups, facts);
  const isAffordable = prober.seconds + leaveOneIn.seconds < facts.budgetMs / 2000;
  return isAffordable ? [leaveOneIn, await rankByProbes("leave-one-out", prober, groups, facts)] : [leaveOneIn];
}

const namesByProbes = ["leave-one-in", "leave-one-out"] as const;
type NameByProbes = (typeof namesByProbes)[number];

/**
 * leave-one-in: one group quantised, all others kept; the lower the SQNR the worse the group.
 * leave-one-out: one group kept, all others quantised; the higher the SQNR the more keeping it helps.
 */
const keptFor = (name: NameByProbes, id: string, ids: readonly string[]): readonly string[] =>
  name === "leave-one-in" ? ids.filter((other) => other !== id) : [id];

/** Sets of unit ids that rankings by probes ask about, in the order in which they do. */
export function setsToRank(units: readonly Unit[], by: "unit" | "block"): readonly ReadonlySet<string>[] {
  const groups = groupUnits(units, by);
  const ids = groups.map((group) => group.id);
  return namesByProbes.flatMap((name) => ids.map((id) => new Set(unitsOf(groups, keptFor(name, id, ids)))));
}

async function rankByProbes(name: NameByProbes, prober: ProbeRunner, groups: readonly Group[], facts: Facts): Promise<Ranking> {
  let seconds = 0;
  const score = new Map<string, number>();
  const ids = groups.map((group) => group.id);
  for (const [i, id] of ids.entries()) {
    facts.progress?.(`ranking ${name}: ${i + 1} of ${ids.length}`);
    const question: Question = { phase: "rank", keep: keptFor(name, id, ids), half: "search", cheap: true, onRankingSamples: true };
    const result = await prober.ask(question);
    // Its own, not what was waited for it: it may have been answered ahead, and in a resumed search.
    seconds += result.seconds;
    const quality = qualityOf(result);
    if (quality !== undefined) score.set(id, name === "leave-one-in" ? -quality : quality);
  }
  return { name, order: worstFirst(ids, score), score, probes: ids.length, seconds };
}

/** SQNR where it was measured, else the margin; undefined for a failed probe and NaN, which then come last. */
function qualityOf(result: ProbeResult): number | undefined {
  if (result.kind === "unknown") return undefined;
  return [result.sqnrDb, result.marginDb].find((value) => !Number.isNaN(value));
}

/** A group's errors add up as energies: 10^(-SQNR/10). A unit without a figure adds nothing. */
function byInjectedError(groups: readonly Group[], errors: ReadonlyMap<string, number>): Ranking {
  const energy = (id: string) => 10 ** (-(errors.get(id) ?? Number.POSITIVE_INFINITY) / 10);
  const score = new Map(groups.map((group) => [group.id, group.units.reduce((sum, id) => sum + energy(id), 0)]));
  return freeRanking("error-growth", groups, score);
}

/** Groups that an earlier fix kept lead, in its order; the others follow in `rest`'s order. */
function byHistory(groups: readonly Group[], history: readonly string[], rest: readonly string[]): Ranking {
  const groupOf = new Map(groups.flatMap((group) => group.units.map((unit) => [unit, group.id] as const)));
  const kept = new Set(history.flatMap((unit) => groupOf.get(unit) ?? []));
  const order = [...kept, ...rest.filter((id) => !kept.has(id))];
  return { name: "history", order, score: new Map(order.map((id, i) => [id, order.length - i])), probes: 0, seconds: 0 };
}

/** The order of the network itself: what contiguous searches use. */
export const topological = (groups: readonly Group[]): Ranking =>
  freeRanking("topological", groups, new Map(groups.map((group, i) => [group.id, groups.length - i])));

function freeRanking(name: RankingName, groups: readonly Group[], score: ReadonlyMap<string, number>): Ranking {
  const ids = groups.map((group) => group.id);
  return { name, order: worstFirst(ids, score), score, probes: 0, seconds: 0 };
}

/** Equal scores keep the network's order; a missing or NaN score goes last. Infinite scores compare, they are not subtracted. */
function worstFirst(ids: readonly string[], score: ReadonlyMap<string, number>): readonly string[] {
  const value = (id: string) => {
    const found = score.get(id);
    return found === undefined || Number.isNaN(found) ? Number.NEGATIVE_INFINITY : found;
  };
  return ids.toSorted((a, b) => (value(a) === value(b) ? 0 : value(a) > value(b) ? -1 : 1));
}
