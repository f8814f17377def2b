import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isDiffuse, searchUnits } from "../../../src/search/ranked.ts";
import type { Probe, ProbeResult } from "../../../src/search/search.ts";
import { additiveProbe, energiesWith, failed, measured, request, steppingClock, syntheticUnits } from "../../fakes/probes.ts";

const units = syntheticUnits(40);

describe("a ranked search", () => {
  it("keeps exactly the culprits, wherever they lie", async () => {
    const outcome = await searchUnits(request(units, additiveProbe(energiesWith(40, [7, 31]))));
    expect(outcome.kind).toBe("found");
    expect(outcome.keep).toEqual(["u7", "u31"]);
    expect(outcome.oneMinimal).toBe(true);
    expect(outcome.heldOut?.passes).toBe(true);
    expect(outcome.message).toContain("2 of 40 units");
  });

  it("gives a set that passes and of which no member can be dropped, whatever the probe does to subsets", async () => {
    const cases = fc.record({
      energies: fc.array(fc.double({ min: 1e-5, max: 0.03, noNaN: true }), { minLength: 2, maxLength: 14 }),
      pairs: fc.array(fc.tuple(fc.nat(13), fc.nat(13), fc.double({ min: 0, max: 0.02, noNaN: true })), { maxLength: 6 }),
    });
    let accepted = 0;
    await fc.assert(
      fc.asyncProperty(cases, async ({ energies, pairs }) => {
        const probe = interacting(energies, pairs);
        const outcome = await searchUnits(request(syntheticUnits(energies.length), probe));
        if (outcome.kind !== "found") return;
        accepted++;
        expect(passes(await probe(new Set(outcome.keep), "search"))).toBe(true);
        expect(outcome.oneMinimal).toBe(true);
        for (const id of outcome.keep) {
          const without = new Set(outcome.keep.filter((other) => other !== id));
          expect(passes(await probe(without, "search"))).toBe(false);
        }
      }),
      { numRuns: 200, seed: 7 },
    );
    expect(accepted).toBeGreaterThan(50);
  });

  it("says the same twice for one seed", async () => {
    const make = () => searchUnits(request(units, additiveProbe(energiesWith(40, [3, 4, 30]))));
    expect(await make()).toEqual(await make());
  });

  it("moves blocks as one where asked", async () => {
    const outcome = await searchUnits(request(syntheticUnits(40, 4), additiveProbe(energiesWith(40, [9])), { group: "block" }));
    expect(outcome.keep).toEqual(["u8", "u9", "u10", "u11"]);
    expect(outcome.message).toContain("1 of 10 blocks");
  });

  it("uses what an earlier fix kept and what layers add by themselves as further rankings", async () => {
    const layerErrors = new Map(units.map((unit, i) => [unit.id, i === 31 ? 5 : 60]));
    const outcome = await searchUnits(request(units, additiveProbe(energiesWith(40, [31])), { layerErrors, history: ["u31"] }));
    expect(outcome.rankings.map(({ name, order }) => [name, order[0]])).toEqual([
      ["leave-one-in", "u31"],
      ["leave-one-out", "u31"],
      ["error-growth", "u31"],
      ["history", "u31"],
    ]);
  });

  it("has nothing to search in a model without units", async () => {
    expect((await searchUnits(request([], additiveProbe([])))).kind).toBe("none");
  });

  it("ends with the reason of a cancel", async () => {
    const abort = new AbortController();
    abort.abort(new Error("stop now"));
    await expect(searchUnits(request(units, additiveProbe(energiesWith(40, [1])), { cancelled: abort.signal }))).rejects.toThrow(
      "stop now",
    );
  });
});

describe("the premise", () => {
  it("stops when the plain model passes both halves", async () => {
    const outcome = await searchUnits(request(units, additiveProbe(energiesWith(40, []))));
    expect(outcome.kind).toBe("nothing-needed");
  });

  it("stops when everything kept still fails, and says so", async () => {
    const outcome = await searchUnits(request(units, async () => measured(12)));
    expect(outcome.kind).toBe("premise-fails");
    expect(outcome.message).toContain("missed by 8.00");
    expect(outcome.message).toContain("loosen the limit");
  });

  it("names quantisers that no unit holds as the cause, instead of the limit", async () => {
    const outcome = await searchUnits(request(units, async () => measured(12), { heldByNoUnit: ["q1", "q2"] }));
    expect(outcome.message).toContain("2 quantisers (first 'q1') stay: no unit holds them");
    expect(outcome.message).not.toContain("loosen");
  });

  it("stops when the plain model cannot be measured", async () => {
    const probe: Probe = async (keep) => (keep.size === 0 ? failed("worker died") : measured(40));
    const outcome = await searchUnits(request(units, probe));
    expect(outcome.kind).toBe("premise-fails");
    expect(outcome.message).toContain("worker died");
  });

  it("searches on the other half when only that one shows the failure", async () => {
    const probe = additiveProbe(energiesWith(40, [5]), { search: 0.01 });
    const outcome = await searchUnits(request(units, probe));
    expect(outcome.keep).toEqual(["u5"]);
    expect(outcome.probes.at(-1)?.half).toBe("search");
  });

  it("never takes a NaN for a pass", async () => {
    const nan: ProbeResult = { kind: "measured", passes: true, marginDb: Number.NaN, sqnrDb: Number.NaN, sdDb: 0, seconds: 0 };
    const outcome = await searchUnits(request(units, async (keep) => (keep.size === 0 ? measured(10) : nan)));
    expect(outcome.kind).toBe("premise-fails");
    expect(outcome.keep).toEqual([]);
  });
});

describe("the held-out half", () => {
  it("turns a set that fits only the search samples into the shortest prefix that passes both", async () => {
    const energies = energiesWith(40, [7, 31]);
    const probe: Probe = async (keep, half) => {
      const own = await additiveProbe(energies)(keep, half);
      return half === "accept" && keep.size < 5 ? measured(15) : own;
    };
    const outcome = await searchUnits(request(units, probe));
    expect(outcome.kind).toBe("prefix");
    expect(outcome.keep).toHaveLength(5);
    expect(outcome.oneMinimal).toBe(false);
    expect(outcome.heldOut?.passes).toBe(true);
  });

  it("prunes with a guard of two standard deviations", async () => {
    const energies = [0.02, 0.02, 0.0089, 0.0089, ...energiesWith(36, [])];
    const withSd =
      (sdDb: number): Probe =>
      async (keep, half) => {
        const result = await additiveProbe(energies)(keep, half);
        return result.kind === "measured" ? { ...result, sdDb } : result;
      };
    const risky = await searchUnits(request(units, withSd(0), { history: ["u0", "u1", "u2", "u3"] }));
    const careful = await searchUnits(request(units, withSd(2), { history: ["u0", "u1", "u2", "u3"] }));
    expect(risky.keep).toHaveLength(3);
    expect(careful.keep.length).toBeGreaterThanOrEqual(risky.keep.length);
  });
});

describe("a diffuse error", () => {
  const diffuse = additiveProbe(Array.from({ length: 40 }, () => 0.0006));

  it("gives no list and says by how much each scheme helps, or that it does not", async () => {
    const schemes = [
      { name: "percentile 99.999", probeEmpty: async () => measured(18) },
      { name: "per-channel weights", probeEmpty: async () => measured(21) },
      { name: "entropy", probeEmpty: async () => measured(10) },
      { name: "minmax", probeEmpty: async () => ({ ...measured(0), sqnrDb: Number.NaN }) },
      { name: "broken", probeEmpty: async () => failed() },
    ];
    const outcome = await searchUnits(request(units, diffuse, { schemes }));
    expect(outcome.kind).toBe("diffuse");
    expect(outcome.keep).toEqual([]);
    expect(outcome.advice.map(({ evidence }) => evidence.scheme)).toEqual(["per-channel weights", "percentile 99.999", undefined]);
    expect(outcome.advice[0]?.text).toContain("which passes the limits");
    expect(outcome.advice[1]?.evidence.afterDb).toBe(18);
    expect(outcome.advice[2]).toMatchObject({
      text: "Tried, and no better than the 16.2 dB of now: entropy (10.0 dB), minmax (NaN dB).",
      evidence: { entropy: 10, minmax: "NaN" },
    });
  });

  it("holds simulated schemes against the simulated plain model where engines decide", async () => {
    const surrogate = additiveProbe(Array.from({ length: 40 }, () => 0.001));
    const schemes = [{ name: "percentile", probeEmpty: async () => measured(15) }];
    const outcome = await searchUnits(request(units, diffuse, { surrogate, schemes, maxBuilds: 30 }));
    expect(outcome.kind).toBe("diffuse");
    expect(outcome.advice.map(({ evidence }) => [evidence.beforeDb, evidence.afterDb])).toEqual([[expect.closeTo(13.98, 1), 15]]);
    expect(outcome.advice[0]?.text).toContain("(+1.0 dB) in the simulation");
  });

  it("needs more than a quarter and more than eight", () => {
    expect([isDiffuse(8, 10), isDiffuse(9, 36), isDiffuse(9, 35), isDiffuse(10, 36)]).toEqual([false, false, true, true]);
  });
});

describe("failing and doubtful probes", () => {
  it("asks a failed tool once more", async () => {
    let broken = true;
    const probe: Probe = async (keep, half) => {
      if (keep.size === 1 && keep.has("u7") && broken) {
        broken = false;
        return failed();
      }
      return additiveProbe(energiesWith(40, [7]))(keep, half);
    };
    const outcome = await searchUnits(request(units, probe));
    expect(outcome.keep).toEqual(["u7"]);
    expect(broken).toBe(false);
  });

  it("takes a probe that always fails as neither good nor bad", async () => {
    const probe: Probe = async (keep, half) =>
      keep.size === 2 && keep.has("u7") ? failed() : additiveProbe(energiesWith(40, [7, 20, 31]))(keep, half);
    const outcome = await searchUnits(request(units, probe));
    expect(outcome.kind).toBe("found");
    expect(outcome.keep).toEqual(["u7", "u20", "u31"]);
    expect(outcome.oneMinimal).toBe(false);
  });

  it("ends as tool-failing after three in a row, with the tool's words", async () => {
    let asked = 0;
    const probe: Probe = async (keep, half) =>
      asked++ < 10 ? additiveProbe(energiesWith(40, [7]))(keep, half) : failed("killed by SIGKILL");
    const outcome = await searchUnits(request(units, probe));
    expect(outcome.kind).toBe("tool-failing");
    expect(outcome.message).toContain("killed by SIGKILL");
    expect(asked).toBe(16);
  });

  it("needs fresh builds to confirm where builds are noisy", async () => {
    const make = (freshDb: number) =>
      searchUnits(
        request(
          units,
          async (keep, half, options) => (options?.fresh ? measured(freshDb) : additiveProbe(energiesWith(40, [7]))(keep, half)),
          { confirmBuilds: 2 },
        ),
      );
    expect((await make(25)).kind).toBe("found");
    const refused = await make(18);
    expect(refused.kind).toBe("not-confirmed");
    expect(refused.message).toContain("missed the limit by 2.00");
  });
});

describe("the budget", () => {
  it("keeps the best set so far, wherever the time runs out", async () => {
    const energies = energiesWith(40, [7, 31]);
    const kinds: string[] = [];
    for (let seconds = 1; kinds.at(-1) !== "found"; seconds++) {
      const outcome = await searchUnits(request(units, additiveProbe(energies), { clock: steppingClock(1000), budgetMs: seconds * 1000 }));
      kinds.push(outcome.kind);
      if (outcome.kind === "budget" && outcome.keep.length > 0) {
        kinds.push("with a best set");
        expect(passes(await additiveProbe(energies)(new Set(outcome.keep), "search"))).toBe(true);
      }
    }
    expect(new Set(kinds)).toEqual(new Set(["budget", "with a best set", "found"]));
  });

  it("never builds more than allowed, and ranks without probes where builds are few", async () => {
    const layerErrors = new Map(units.map((unit, i) => [unit.id, i === 7 ? 5 : 60 + i]));
    for (const maxBuilds of [1, 2, 3, 5, 8, 20]) {
      const built = new Set<string>();
      const probe: Probe = async (keep, half) => {
        built.add([...keep].join());
        return additiveProbe(energiesWith(40, [7]))(keep, half);
      };
      const outcome = await searchUnits(request(units, probe, { maxBuilds, layerErrors }));
      expect(built.size - 1).toBeLessThanOrEqual(maxBuilds);
      expect(outcome.builds).toBe(built.size - 1);
      expect(outcome.keep).toContain("u7");
    }
  });

  it("goes on in the network's order where the surrogate cannot run", async () => {
    const probe = additiveProbe(energiesWith(40, [1]));
    const outcome = await searchUnits(request(units, probe, { maxBuilds: 20, surrogate: async () => failed("no runtime") }));
    expect(["found", "prefix"]).toContain(outcome.kind);
    expect(outcome.keep).toContain("u1");
  });

  it("shows the accepted set, not a smaller refused one, when builds run out while confirming", async () => {
    const probe: Probe = async (keep, half) => {
      const own = await additiveProbe(energiesWith(40, [0]))(keep, half);
      return half === "accept" && keep.size < 4 ? measured(15) : own;
    };
    const layerErrors = new Map(units.map((unit, i) => [unit.id, i]));
    const outcome = await searchUnits(request(units, probe, { maxBuilds: 4, confirmBuilds: 4, layerErrors }));
    expect(outcome.kind).toBe("budget");
    expect(outcome.keep.length).toBeGreaterThanOrEqual(4);
  });

  it("says premise-fails, not diffuse, where few builds found nothing and the full set fails too", async () => {
    const outcome = await searchUnits(request(units, async () => measured(12), { maxBuilds: 20 }));
    expect(outcome.kind).toBe("premise-fails");
  });

  it("says diffuse within few builds where only the full set passes", async () => {
    const outcome = await searchUnits(request(units, async (keep) => measured(keep.size === 40 ? 40 : 12), { maxBuilds: 20 }));
    expect(outcome.kind).toBe("diffuse");
    expect(outcome.builds).toBeLessThan(6);
  });
});

const passes = (result: ProbeResult) => result.kind === "measured" && result.passes;

/** Keeping one of a pair without the other adds error: adding units can make it worse. */
function interacting(energies: readonly number[], pairs: readonly (readonly [number, number, number])[]): Probe {
  return async (keep) => {
    const own = energies.reduce((sum, each, i) => sum + (keep.has(`u${i}`) ? 0 : each), 0);
    const split = pairs.reduce((sum, [a, b, cost]) => {
      const inside = a < energies.length && b < energies.length;
      return sum + (inside && keep.has(`u${a}`) !== keep.has(`u${b}`) ? cost : 0);
    }, 0);
    return measured(-10 * Math.log10(own + split));
  };
}
