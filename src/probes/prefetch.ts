/**
 * Answers questions before they are asked, one at a time: a probe on the CPU that works while its caller waits for something else.
 * Knows nothing of what the answers are for.
 */
import { oneAtATime } from "../effects/one-at-a-time.ts";
import type { ProbeResult, Ranker, Slice } from "../search/probe.ts";

type Ask = Ranker["probe"];

export interface Prefetched {
  /** Answers from memory, or as soon as a question's turn comes; any other question after the one under way. */
  readonly probe: Ask;
  /** Asks no more by itself, and waits for the question under way. */
  stop(): Promise<void>;
}

export interface RankQuestion {
  readonly keep: ReadonlySet<string>;
  readonly slice: Slice;
}

/**
 * A question that fails fails for whoever asks it, not before; only what was measured is remembered, so that asking again asks again. Ends by
 * itself at the first question that nobody has asked yet, whoever asks it goes on alone, and where the answers have taken `mostSeconds`: a probe holds
 * up whatever else this process does, and nobody may want the rest.
 */
export function prefetch(probe: Ask, questions: readonly RankQuestion[], mostSeconds = Number.POSITIVE_INFINITY): Prefetched {
  const answers = new Map<string, Promise<ProbeResult>>();
  const queue = oneAtATime();
  let isStopped = false;
  const keyOf = (keep: ReadonlySet<string>, { from, count }: Slice) => JSON.stringify([from, count, ...[...keep].toSorted()]);
  const remembered: Ask = (keep, slice) => {
    const key = keyOf(keep, slice);
    const known = answers.get(key);
    if (known) return known;
    const answer = queue.run(() => probe(keep, slice));
    answers.set(key, answer);
    const forget = () => answers.delete(key);
    answer.then(({ kind }) => kind === "measured" || forget(), forget);
    return answer;
  };
  const asking = (async () => {
    let spent = 0;
    for (const { keep, slice } of questions) {
      if (isStopped || spent > mostSeconds) return;
      spent += (await remembered(keep, slice).catch(() => undefined))?.seconds ?? 0;
    }
  })();
  return {
    probe: (keep, slice) => {
      if (!answers.has(keyOf(keep, slice))) isStopped = true;
      return remembered(keep, slice);
    },
    stop: async () => {
      isStopped = true;
      await asking;
      await queue.idle();
    },
  };
}
