import { describe, expect, it } from "vitest";
import { orLeftAlone } from "../../../src/effects/with-timeout.ts";

describe("waiting for a child", () => {
  it("gives what it ended as", async () => {
    expect(await orLeftAlone(Promise.resolve("exit"), 60_000)).toBe("exit");
    await expect(orLeftAlone(Promise.reject(new Error("broken")), 60_000)).rejects.toThrow("broken");
  });

  it("is over where it never ends", async () => {
    expect(await orLeftAlone(new Promise(() => {}), 5)).toBeUndefined();
  });
});
