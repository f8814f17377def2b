import { describe, expect, it } from "vitest";
import { realClock } from "../../../src/effects/clock.ts";

describe("the real clock", () => {
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
