/**
 * The shortest passing prefix of a ranking, where passing need not be monotone: gallop, bisect, then look again below the hit.
 * Sees lengths only.
 */
export type Answer = "pass" | "fail" | "unknown";

export interface PrefixLimits {
  /** First length that is tried. */
  readonly start: number;
  /** Longest length that is worth trying. */
  readonly longest: number;
}

/** Length of the shortest passing prefix that was met, or undefined. An unknown answer is neither: it never ends a gallop and never counts as a hit. */
export async function shortestPrefix(ask: (length: number) => Promise<Answer>, limits: PrefixLimits): Promise<number | undefined> {
  const hit = await gallop(ask, limits);
  if (!hit) return undefined;
  let shortest = await bisect(ask, hit.below, hit.length);
  for (let lower = await lookBelow(ask, shortest); lower !== undefined; lower = await lookBelow(ask, shortest)) shortest = lower;
  return shortest;
}

/** Doubles the length until one passes. `below`: the longest length that did not. */
export async function gallop(
  ask: (length: number) => Promise<Answer>,
  { start, longest }: PrefixLimits,
): Promise<{ readonly below: number; readonly length: number } | undefined> {
  let below = 0;
  for (let length = Math.min(start, longest); length > below; length = Math.min(length * 2, longest)) {
    if ((await ask(length)) === "pass") return { below, length };
    below = length;
  }
  return undefined;
}

/** Shortest passing length in (below, passing], assuming that it is monotone there. */
export async function bisect(ask: (length: number) => Promise<Answer>, below: number, passing: number, gap = 1): Promise<number> {
  let low = below;
  let high = passing;
  while (high - low > gap) {
    const middle = Math.floor((low + high) / 2);
    if ((await ask(middle)) === "pass") high = middle;
    else low = middle;
  }
  return high;
}

/** A prefix well below a hit may pass too: the eighths are tried, and the first that passes is narrowed again. */
async function lookBelow(ask: (length: number) => Promise<Answer>, hit: number): Promise<number | undefined> {
  const eighths = new Set([1, 2, 3, 4, 5, 6, 7].map((part) => Math.floor((hit * part) / 8)));
  let below = 0;
  for (const length of eighths) {
    if (length <= 0 || length >= hit) continue;
    if ((await ask(length)) === "pass") return bisect(ask, below, length);
    below = length;
  }
  return undefined;
}
