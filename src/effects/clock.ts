/** The real clock. */
import { setTimeout as delay } from "node:timers/promises";
import type { Clock } from "./effects.ts";

export const realClock: Clock = {
  monotonicMs: () => performance.now(),
  now: () => new Date(),
  sleep: async (ms, signal) => {
    await delay(ms, undefined, signal ? { signal } : {});
  },
};
