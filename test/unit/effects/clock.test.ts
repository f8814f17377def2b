import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { realClock } from "../../../src/effects/clock.ts";

describe("the real clock", () => {
  it("sleeps as long as it was told, also beyond the 24.8 days that a timer of the platform can hold", async () => {
    const woken = new AbortController();
    const days = 86_400_000;
    const sleeps = [25, 28, 365, Number.POSITIVE_INFINITY].map((count) =>
      realClock.sleep(count * days, woken.signal).then(() => `woke after ${count} days`),
    );
    expect(await Promise.race([...sleeps, delay(100, "asleep")])).toBe("asleep");
    woken.abort(new Error("morning"));
    const ended = await Promise.allSettled(sleeps);
    expect(ended.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected", "rejected"]);
  });

  it("rejects with the signal's reason, before and during the sleep", async () => {
    const reason = new Error("cancelled by SIGINT");
    await expect(realClock.sleep(60_000, AbortSignal.abort(reason))).rejects.toBe(reason);
    const during = new AbortController();
    const sleeping = realClock.sleep(60_000, during.signal);
    during.abort(reason);
    await expect(sleeping).rejects.toBe(reason);
  });

  it("wakes at once for a time that is over", async () => {
    await expect(realClock.sleep(0)).resolves.toBeUndefined();
    await expect(realClock.sleep(-5)).resolves.toBeUndefined();
  });
});
