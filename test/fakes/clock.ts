/** A clock that only moves when told; sleeping moves it at once. */
import type { Clock } from "../../src/effects/effects.ts";

export interface FakeClock extends Clock {
  advance(ms: number): void;
}

export function fakeClock(start = "2026-11-24T12:00:00Z"): FakeClock {
  let ms = 0;
  const startMs = Date.parse(start);
  return {
    monotonicMs: () => ms,
    now: () => new Date(startMs + ms),
    sleep: async (duration) => {
      ms += duration;
    },
    advance: (duration) => {
      ms += duration;
    },
  };
}
