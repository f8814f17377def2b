import { describe, expect, it } from "vitest";
import { type Answer, bisect, shortestPrefix } from "../../../src/search/prefix.ts";
import { prune } from "../../../src/search/prune.ts";

describe("the shortest passing prefix", () => {
  it.each([1, 2, 3, 7, 8, 31, 99, 100])("is %i where passing is monotone, in few questions", async (first) => {
    const asked = new Set<number>();
    const length = await shortestPrefix(
      async (n) => {
        asked.add(n);
        return n >= first ? "pass" : "fail";
      },
      { start: 1, longest: 100 },
    );
    expect(length).toBe(first);
    expect(asked.size).toBeLessThanOrEqual(21);
  });

  it("is found below an overshot gallop", async () => {
    const passing = (n: number): Answer => ((n >= 26 && n <= 31) || n >= 47 ? "pass" : "fail");
    expect(await shortestPrefix(async (n) => passing(n), { start: 1, longest: 180 })).toBe(26);
  });

  it("is undefined where none passes", async () => {
    expect(await shortestPrefix(async () => "fail", { start: 1, longest: 50 })).toBeUndefined();
    expect(await shortestPrefix(async () => "unknown", { start: 1, longest: 50 })).toBeUndefined();
  });

  it("takes an unknown answer for no hit and goes on", async () => {
    const length = await shortestPrefix(async (n) => (n === 4 ? "unknown" : n >= 3 ? "pass" : "fail"), { start: 1, longest: 50 });
    expect(length).toBe(3);
  });

  it("stops narrowing at the gap it was given", async () => {
    let asked = 0;
    await bisect(
      async () => {
        asked++;
        return "fail";
      },
      16,
      32,
      8,
    );
    expect(asked).toBe(1);
  });
});

describe("pruning", () => {
  it("drops what is not needed and proves the rest", async () => {
    const needed = ["a", "f"];
    const pruned = await prune(["a", "b", "c", "d", "e", "f"], async (keep) => (needed.every((id) => keep.includes(id)) ? "pass" : "fail"));
    expect(pruned).toEqual({ keep: ["a", "f"], oneMinimal: true });
  });

  it("goes round again when a drop makes another one possible", async () => {
    const fine = (keep: readonly string[]) => keep.includes("a") && (!keep.includes("b") || keep.includes("c"));
    const pruned = await prune(["a", "b", "c"], async (keep) => (fine(keep) ? "pass" : "fail"));
    expect(pruned.keep).toEqual(["a"]);
  });

  it("keeps a member whose absence could not be measured and claims less", async () => {
    const pruned = await prune(["a", "b"], async (keep) => (keep.includes("b") ? "unknown" : "fail"));
    expect(pruned).toEqual({ keep: ["a", "b"], oneMinimal: false });
  });
});
