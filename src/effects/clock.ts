/** The real clock. */
import { setTimeout as delay } from "node:timers/promises";
import type { Clock } from "./effects.ts";

/** A timer of the platform holds 32 bits of milliseconds, 24.8 days, and fires at once for more. */
export const longestTimerMs = 2 ** 31 - 1;

export const realClock: Clock = {
  monotonicMs: () => performance.now(),
  now: () => new Date(),
  sleep: async (ms, signal) => {
    try {
      for (let left = ms; left > 0; left -= longestTimerMs)
        await delay(Math.min(left, longestTimerMs), undefined, signal ? { signal } : {});
    } catch (error) {
      signal?.throwIfAborted();
      throw error;
    }
  },
};

/** ISO date in UTC, for waivers. */
export const utcDate = (clock: Pick<Clock, "now">): string => clock.now().toISOString().slice(0, 10);
