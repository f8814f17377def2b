/** Waits for a child no longer than it makes sense: one that a hanging GPU holds inside the kernel does not even end by SIGKILL. */
import { setTimeout as delay } from "node:timers/promises";
import { longestTimerMs } from "./clock.ts";

/** What `ended` settles as, or undefined after `ms`. */
export async function orLeftAlone<T>(ended: PromiseLike<T>, ms: number): Promise<T | undefined> {
  const over = new AbortController();
  try {
    return await Promise.race([ended, delay(Math.min(ms, longestTimerMs), undefined, { signal: over.signal })]);
  } finally {
    over.abort();
  }
}
