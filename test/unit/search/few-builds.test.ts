import { describe, expect, it } from "vitest";
import { searchUnits } from "../../../src/search/ranked.ts";
import type { Probe } from "../../../src/search/search.ts";
import { additiveProbe, energiesWith, measured, request, syntheticUnits } from "../../fakes/probes.ts";

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

  it("takes a margin inside the noise of building for no pass", async () => {
    const probe: Probe = async (keep) => measured(keep.size === 0 ? 15 : keep.size < 6 ? 21 : 30);
    const outcome = await searchUnits(
      request(syntheticUnits(24), probe, { surrogate: engine, maxBuilds: 8, confirmBuilds: 2, guardDb: 2 }),
    );
    expect(outcome.keep.length).toBeGreaterThanOrEqual(6);
  });
});
