/**
 * The shortest passing prefix of a ranking near a guessed length: steps that double away from the guess, then bisection between.
 * Sees lengths only. Passing need not be monotone; pruning finds what lies below a hit.
 */
export type Answer = "pass" | "fail" | "unknown";

export interface PrefixRange {
  /** Length that is tried first. */
  readonly guess: number;
  /** Longest length that is worth trying. */
  readonly longest: number;
}

/** Length of the shortest passing prefix that was met, at least 1; undefined where none is. An unknown answer never counts as a hit. */
export async function shortestPrefix(
  ask: (length: number) => Promise<Answer>,
  { guess, longest }: PrefixRange,
): Promise<number | undefined> {
  if (longest < 1) return undefined;
  const start = Math.min(Math.max(1, guess), longest);
  const first = await ask(start);
  return first === "pass" ? await shorten(ask, start) : await lengthen(ask, { start, failing: first === "fail" ? start : 0, longest });
}

type Ask = (length: number) => Promise<Answer>;

async function shorten(ask: Ask, start: number): Promise<number> {
  let high = start;
  for (let step = 1; high > 1; step *= 2) {
    const below = Math.max(1, high - step);
    if ((await ask(below)) !== "pass") return await between(ask, below, high);
    high = below;
  }
  return high;
}

interface Climb {
  readonly start: number;
  /** Longest length that was seen to fail. */
  readonly failing: number;
  readonly longest: number;
}

async function lengthen(ask: Ask, { start, failing, longest }: Climb): Promise<number | undefined> {
  let [at, low] = [start, failing];
  for (let step = 1; at < longest; step *= 2) {
    at = Math.min(longest, at + step);
    const answer = await ask(at);
    if (answer === "pass") return await between(ask, low, at);
    if (answer === "fail") low = at;
  }
  return undefined;
}

/** Shortest passing length in (failing, passing], taken as monotone there. */
async function between(ask: Ask, failing: number, passing: number): Promise<number> {
  let [low, high] = [failing, passing];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if ((await ask(middle)) === "pass") high = middle;
    else low = middle;
  }
  return high;
}
