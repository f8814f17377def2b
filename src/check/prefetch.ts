/**
 * Answers questions before they are asked, one at a time: a probe on the CPU that works while its caller waits for something else.
 * Knows nothing of what the answers are for.
 */
import type { Probe, ProbeResult } from "../search/search.ts";

export interface AskedAhead {
  /** Answers the sets from memory, or as soon as their turn comes; any other question after the one under way. */
  readonly probe: Probe;
  /** Asks no more by itself, and waits for the question under way. */
  stop(): Promise<void>;
}

/**
 * For a probe whose halves are the same samples. A question that fails fails for whoever asks it, not before; only what was measured is
 * remembered, so that asking again asks again. Ends by itself at the first question that nobody has asked yet: whoever asks it goes on alone.
 */
export function prefetch(probe: Probe, sets: readonly ReadonlySet<string>[]): AskedAhead {
  const answers = new Map<string, Promise<ProbeResult>>();
  let underWay: Promise<unknown> = Promise.resolve();
  let isStopped = false;
  const keyOf = (keep: ReadonlySet<string>) => JSON.stringify([...keep].toSorted());
  const inTurn: Probe = (keep, half, options) => {
    const answer = underWay.then(() => probe(keep, half, options));
    underWay = answer.catch(() => undefined);
    return answer;
  };
  const remembered: Probe = (keep, half, options) => {
    if (options?.fresh) return inTurn(keep, half, options);
    const key = keyOf(keep);
    const known = answers.get(key);
    if (known) return known;
    const answer = inTurn(keep, half, options);
    answers.set(key, answer);
    const forget = () => answers.delete(key);
    answer.then(({ kind }) => kind === "measured" || forget(), forget);
    return answer;
  };
  const asking = (async () => {
    for (const keep of sets) {
      if (isStopped) return;
      await remembered(keep, "search").catch(() => undefined);
    }
  })();
  return {
    probe: (keep, half, options) => {
      if (options?.fresh || !answers.has(keyOf(keep))) isStopped = true;
      return remembered(keep, half, options);
    },
    stop: async () => {
      isStopped = true;
      await asking;
      await underWay;
    },
  };
}
