import { describe, expect, it } from "vitest";
import { shortestPrefix } from "../../../src/search/prefix.ts";
import { prune } from "../../../src/search/prune.ts";

describe("the shortest passing prefix", () => {
  const monotone = (first: number, asked: Set<number>) => async (n: number) => {
    asked.add(n);
    return n >= first ? "pass" : "fail";
  };

  it.each([1, 2, 3, 7, 8, 31, 99, 100])("is %i where passing is monotone, whatever was guessed", async (first) => {
    for (const guess of [0, 1, 5, 50, 100, 200]) {
      const asked = new Set<number>();
      expect(await shortestPrefix(monotone(first, asked), { guess, longest: 100 })).toBe(first);
      expect(asked.size).toBeLessThanOrEqual(14);
    }
  });

  it("takes two questions where the guess is right or one short", async () => {
    for (const guess of [30, 31]) {
      const asked = new Set<number>();
      await shortestPrefix(monotone(31, asked), { guess, longest: 100 });
      expect([...asked]).toHaveLength(2);
    }
  });

  it("is undefined where none passes", async () => {
    expect(await shortestPrefix(async () => "fail", { guess: 1, longest: 50 })).toBeUndefined();
    expect(await shortestPrefix(async () => "unknown", { guess: 9, longest: 50 })).toBeUndefined();
    expect(await shortestPrefix(async () => "pass", { guess: 9, longest: 0 })).toBeUndefined();
  });

  it("takes an unknown answer for no hit and goes on", async () => {
    const length = await shortestPrefix(async (n) => (n === 4 ? "unknown" : n >= 3 ? "pass" : "fail"), { guess: 1, longest: 50 });
    expect(length).toBe(3);
  });
});

describe("pruning", () => {
  it("drops what is not needed and proves the rest", async () => {
    const needed = ["a", "f"];
    const ask = async (keep: readonly string[]) => (needed.every((id) => keep.includes(id)) ? "pass" : "fail");
    const pruned = await prune(["a", "b", "c", "d", "e", "f"], { ask, isOutOfReach: () => false });
    expect(pruned).toEqual({ keep: ["a", "f"], oneMinimal: true });
  });

  it("goes round again when a drop makes another one possible", async () => {
    const fine = (keep: readonly string[]) => keep.includes("a") && (!keep.includes("b") || keep.includes("c"));
    const pruned = await prune(["a", "b", "c"], { ask: async (keep) => (fine(keep) ? "pass" : "fail"), isOutOfReach: () => false });
    expect(pruned.keep).toEqual(["a"]);
  });

  it("keeps a member whose absence could not be measured and claims less", async () => {
    const pruned = await prune(["a", "b"], { ask: async (keep) => (keep.includes("b") ? "unknown" : "fail"), isOutOfReach: () => false });
    expect(pruned).toEqual({ keep: ["a", "b"], oneMinimal: false });
  });

  it("asks about no run that is predicted to fail, and about each single member all the same", async () => {
    const asked: number[] = [];
    const ask = async (keep: readonly string[]) => {
      asked.push(keep.length);
      return "fail" as const;
    };
    expect(await prune(["a", "b", "c", "d", "e", "f"], { ask, isOutOfReach: () => true })).toMatchObject({ oneMinimal: true });
    expect(asked).toEqual([5, 5, 5, 5, 5, 5]);
  });
});
