import { describe, expect, it } from "vitest";
import { searchUnits } from "../../../src/search/ranked.ts";
import type { Probe } from "../../../src/search/search.ts";
import { additiveProbe, energiesWith, failed, measured, request, syntheticUnits } from "../../fakes/probes.ts";

/** Three culprits; the engine needs all of them kept. */
const engine = additiveProbe(energiesWith(24, [3, 9, 17]));

describe("a search with few builds", () => {
  it("begins where the ranking samples gain what the search half lacks, not where the small half fits by chance", async () => {
    const lengths: number[] = [];
    const probe: Probe = (keep, half) => {
      if (keep.size > 0) lengths.push(keep.size);
      return engine(keep, half);
    };
    // The surrogate's few samples are satisfied with any one unit.
    const surrogate: Probe = async (keep, half) => (keep.size > 0 ? measured(30) : engine(keep, half));
    const outcome = await searchUnits(request(syntheticUnits(24), probe, { surrogate, ranker: engine, maxBuilds: 4, confirmBuilds: 2 }));
    expect(lengths[0]).toBe(3);
    expect(outcome).toMatchObject({ kind: "prefix", builds: 3 });
    expect([...outcome.keep].toSorted()).toEqual(["u17", "u3", "u9"]);
  });

  it("goes on to a longer prefix where a fresh build refuses the first", async () => {
    let fresh = 0;
    const probe: Probe = async (keep, half, options) => {
      if (options?.fresh) fresh++;
      return options?.fresh && keep.size === 3 ? measured(18) : engine(keep, half);
    };
    const outcome = await searchUnits(request(syntheticUnits(24), probe, { surrogate: engine, maxBuilds: 8, confirmBuilds: 2 }));
    expect(outcome.kind).toBe("prefix");
    expect(outcome.keep.length).toBeGreaterThan(3);
    expect(fresh).toBe(3);
  });

  it("says not-confirmed when every set is refused", async () => {
    const probe: Probe = async (keep, half, options) => (options?.fresh ? measured(18) : engine(keep, half));
    const outcome = await searchUnits(request(syntheticUnits(24), probe, { surrogate: engine, maxBuilds: 12, confirmBuilds: 2 }));
    expect(outcome).toMatchObject({ kind: "not-confirmed" });
    expect(outcome.message).toContain("fresh build");
  });

  it("does not call a set the best so far that a fresh build refused", async () => {
    const probe: Probe = async (keep, _half, options) => measured(keep.size === 0 || options?.fresh ? 15 : 30);
    const searched = (maxBuilds: number) =>
      searchUnits(request(syntheticUnits(24), probe, { surrogate: engine, maxBuilds, confirmBuilds: 2 }));
    expect(await searched(2)).toMatchObject({ kind: "budget", keep: [] });
    expect((await searched(1)).keep).not.toEqual([]);
  });

  it("accepts no set that a fresh build refused, though it comes again under another ranking", async () => {
    const fresh: boolean[] = [false, true, true];
    const probe: Probe = async (keep, _half, options) =>
      measured(keep.size === 0 ? 15 : keep.size > 3 ? 18 : options?.fresh && !fresh.shift() ? 15 : 30);
    const outcome = await searchUnits(request(syntheticUnits(24), probe, { surrogate: engine, maxBuilds: 8, confirmBuilds: 2 }));
    const [refused, ...later] = outcome.probes.filter(({ phase }) => phase === "confirm").map(({ keep }) => keep.toSorted().join());
    expect(later).not.toContain(refused);
  });

  it("goes on to what a refused set was narrowed from, which passed", async () => {
    // No surrogate: the guess of 3 fails, 6 pass, 5 and 4 of them do too where they are built once.
    const probe: Probe = async (keep, _half, options) => measured(keep.size < 4 ? 15 : options?.fresh && keep.size < 6 ? 15 : 30);
    const { surrogate: _, ...blind } = request(syntheticUnits(24), probe, { maxBuilds: 30, confirmBuilds: 2 });
    const outcome = await searchUnits(blind);
    expect(outcome).toMatchObject({ kind: "prefix" });
    expect(outcome.keep).toHaveLength(6);
  });

  it("asks a confirmation again whose tool failed, and takes that for no refusal", async () => {
    let failures = 1;
    const probe: Probe = async (keep, _half, options) => {
      if (options?.fresh && failures-- > 0) return failed();
      return measured(keep.size === 0 ? 15 : 30);
    };
    const outcome = await searchUnits(request(syntheticUnits(24), probe, { surrogate: engine, maxBuilds: 8, confirmBuilds: 2 }));
    expect(outcome.kind).toBe("prefix");
    expect(outcome.keep).toHaveLength(3);
    // The failed try stands among the probes, and is no vote on the set.
    expect(outcome.confirmations.map(({ passes }) => passes)).toEqual([true, true]);
    expect(outcome.probes.filter(({ phase }) => phase === "confirm")).toHaveLength(3);
  });

  it("lets the fresh builds decide about a margin inside the noise of building", async () => {
    const searched = (whenFresh: number) => {
      const probe: Probe = async (keep, _half, options) =>
        measured(keep.size === 0 ? 15 : keep.size >= 6 ? 30 : options?.fresh ? whenFresh : 21);
      return searchUnits(request(syntheticUnits(24), probe, { surrogate: engine, maxBuilds: 8, confirmBuilds: 2, guardDb: 2 }));
    };
    expect((await searched(21)).keep).toHaveLength(3);
    expect((await searched(19)).keep.length).toBeGreaterThanOrEqual(6);
  });

  it("wants twice the noise of building to spare from the prefix that it builds first", async () => {
    const lengths: number[] = [];
    // Each unit kept gains 1 dB; the engine lacks 3 dB, and builds move by 2 dB.
    const ranker: Probe = async (keep) => measured(10 + keep.size);
    const probe: Probe = async (keep) => {
      if (keep.size > 0) lengths.push(keep.size);
      return measured(17 + keep.size);
    };
    await searchUnits(request(syntheticUnits(40), probe, { surrogate: ranker, ranker, maxBuilds: 8, confirmBuilds: 2, guardDb: 2 }));
    expect(lengths[0]).toBe(7);
  });

  const firstBuilt = async (gains: readonly number[], lackDb: number) => {
    const lengths: number[] = [];
    const ranker: Probe = async (keep) => measured(10 + (gains[keep.size] ?? 0));
    const probe: Probe = async (keep) => {
      if (keep.size > 0) lengths.push(keep.size);
      return measured(keep.size === 0 ? 20 - lackDb : 30);
    };
    await searchUnits(request(syntheticUnits(40), probe, { surrogate: ranker, ranker, maxBuilds: 8, confirmBuilds: 2, guardDb: 2 }));
    return lengths[0];
  };

  it("does not build a prefix that stands out from its neighbours", async () => {
    // 7 dB are wanted: 3 that lack, and 4 to spare.
    expect(await firstBuilt([0, 1, 2, 9, 3, 5, 7, 7, 8, 8, 8, 8, 8], 3)).toBe(6);
  });

  it("builds the one that gains most where none gains enough, and an eighth of the units where nothing is known", async () => {
    expect(await firstBuilt([0, 1, 2, 4, 4, 4, 5, 5, 5, 4, 3, 3, 3], 3)).toBe(6);
    expect(await firstBuilt(Array(40).fill(Number.NaN), 3)).toBe(5);
  });
});
