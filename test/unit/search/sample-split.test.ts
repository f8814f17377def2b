import { describe, expect, it } from "vitest";
import { countsOf, splitSamples } from "../../../src/search/sample-split.ts";

const distinct = (count: number) => Array.from({ length: count }, (_, i) => `sample ${i}`);

describe("the split of validation samples", () => {
  it("makes three sets that do not meet, each a third, the rest proving", () => {
    const split = splitSamples(distinct(32), { seed: 1 });
    expect([split.rank.length, split.choose.length, split.prove.length, split.apart]).toEqual([10, 10, 12, true]);
    expect(new Set([...split.rank, ...split.choose, ...split.prove]).size).toBe(32);
  });

  it("leaves two halves to choose and prove where calibration samples rank", () => {
    const split = splitSamples(distinct(33), { seed: 1, calibrationRanks: true });
    expect([split.rank.length, split.choose.length, split.prove.length]).toEqual([0, 16, 17]);
    expect(countsOf(split, 16)).toEqual({ all: 33, rank: 16, choose: 16, prove: 17, apart: true });
  });

  it("is the same for a seed and another for another", () => {
    const split = (seed: number) => splitSamples(distinct(30), { seed });
    expect(split(5)).toEqual(split(5));
    expect(split(5).prove).not.toEqual(split(6).prove);
  });

  it("takes a sample that occurs twice once, so that it cannot choose and prove", () => {
    const contents = [...distinct(20), ...distinct(20)];
    const split = splitSamples(contents, { seed: 3 });
    const chosen = new Set([...split.rank, ...split.choose].map((i) => contents[i]));
    expect(split.prove.filter((i) => chosen.has(contents[i]))).toEqual([]);
    expect(new Set([...split.rank, ...split.choose, ...split.prove]).size).toBe(20);
  });

  it("lets a sample that also calibrates choose, never prove", () => {
    const contents = distinct(24);
    const seen = new Set(contents.slice(0, 12));
    const split = splitSamples(contents, { seed: 3, calibrates: (i) => seen.has(contents[i] ?? ""), calibrationRanks: true });
    expect(split.prove.filter((i) => seen.has(contents[i] ?? ""))).toEqual([]);
    expect(split.choose.filter((i) => seen.has(contents[i] ?? ""))).toHaveLength(12);
    expect(split.prove).toHaveLength(6);
  });

  it.each([
    [0, 0, 0, 0, false],
    [1, 1, 1, 0, false],
    [2, 1, 1, 1, false],
    [5, 2, 2, 3, false],
    [6, 2, 2, 2, true],
  ])("of %i samples: %i rank, %i choose, %i prove, three sets: %s", (count, rank, choose, prove, apart) => {
    const split = splitSamples(distinct(count), { seed: 1 });
    expect([split.rank.length, split.choose.length, split.prove.length, split.apart]).toEqual([rank, choose, prove, apart]);
    expect(split.prove.filter((i) => split.choose.includes(i))).toEqual([]);
  });

  it("proves nothing where every sample also calibrates", () => {
    const split = splitSamples(distinct(16), { seed: 1, calibrates: () => true, calibrationRanks: true });
    expect([split.choose.length, split.prove.length, split.apart]).toEqual([16, 0, false]);
  });
});
