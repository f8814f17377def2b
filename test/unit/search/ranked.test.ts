import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Probe, type ProbeResult, passes } from "../../../src/search/probe.ts";
import { isDiffuse, searchUnits } from "../../../src/search/ranked.ts";
import { additiveProbe, energiesWith, failed, measured, rankerOf, request, steppingClock, syntheticUnits } from "../../fakes/probes.ts";

const units = syntheticUnits(40);

describe("a ranked search", () => {
  it("keeps exactly the culprits, wherever they lie", async () => {
    const outcome = await searchUnits(request(units, additiveProbe(energiesWith(40, [7, 31]))));
    expect(outcome.kind).toBe("found");
    expect(outcome.keep).toEqual(["u7", "u31"]);
    expect(outcome.oneMinimal).toBe(true);
    expect(outcome.proof.state).toBe("proved");
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
        const without = outcome.keep.map((id) => new Set(outcome.keep.filter((other) => other !== id)));
        const answers = await Promise.all(without.map(async (keep) => passes(await probe(keep, "choose"))));
        expect({ oneMinimal: outcome.oneMinimal, passes: passes(await probe(new Set(outcome.keep), "choose")), answers }).toEqual({
          oneMinimal: true,
          passes: true,
          answers: outcome.keep.map(() => false),
        });
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
    expect(outcome.curve?.points.map(({ kept }) => kept).slice(0, 3)).toEqual([0, 4, 8]);
  });

  it("begins where the sum of the single errors expects the answer", async () => {
    const culprits = Array.from({ length: 9 }, (_, i) => 4 * i);
    const outcome = await searchUnits(request(units, additiveProbe(energiesWith(40, culprits))));
    const lengths = outcome.probes.filter(({ phase }) => phase === "prefix").map(({ keep }) => keep.length);
    expect(lengths).toEqual([9, 8]);
    expect(outcome.keep).toHaveLength(9);
  });

  it("takes what an earlier fix kept where that is shorter", async () => {
    // Alone the pair shows nothing: only an earlier fix knows it.
    const probe: Probe = async (keep) => (keep.has("u5") && keep.has("u6") ? measured(30) : measured(Math.min(18 + keep.size / 4, 21)));
    const ranker = rankerOf(async (keep) => measured(40 - (keep.has("u39") ? 0 : 10) - (keep.has("u38") ? 0 : 8)));
    const without = await searchUnits(request(units, probe, { ranker }));
    const outcome = await searchUnits(request(units, probe, { ranker, history: ["u5", "u6"] }));
    expect(without.keep.length).toBeGreaterThan(2);
    expect(outcome.keep).toEqual(["u5", "u6"]);
    expect(outcome.rankings.map(({ name }) => name)).toEqual(["leave-one-in", "history"]);
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

describe("the preconditions", () => {
  it("stop where the plain model passes", async () => {
    expect((await searchUnits(request(units, additiveProbe(energiesWith(40, []))))).kind).toBe("nothing-needed");
  });

  it("stop where the outputs pass and something else fails, and do not say that there is nothing to keep", async () => {
    const probe = additiveProbe(energiesWith(40, []));
    const { kind, message } = await searchUnits(
      request(units, probe, { failsElsewhere: "the task's own figure fell by more than it may" }),
    );
    expect(kind).toBe("nothing-needed");
    expect(message).toContain("but the task's own figure fell by more than it may: the search works on outputs alone");
    expect(message).not.toContain("nothing to keep");
    expect((await searchUnits(request(units, probe))).message).toContain("nothing to keep");
  });

  it("stop where the plain model cannot be measured", async () => {
    const probe: Probe = async (keep) => (keep.size === 0 ? failed("worker died") : measured(40));
    const outcome = await searchUnits(request(units, probe));
    expect(outcome.kind).toBe("premise-fails");
    expect(outcome.message).toContain("worker died");
  });

  it("name compute nodes inside bodies as what no search can keep, and how it could", async () => {
    const heldInBodies = ["mm in the body of Loop loop", "nn in the body of Loop loop"];
    const told = async (held: readonly string[]) =>
      (await searchUnits(request(units, async () => measured(12), { heldInBodies: held, heldByNoUnit: ["q1"] }))).message;
    expect(await told(heldInBodies)).toContain(
      "2 compute nodes inside bodies (first: mm in the body of Loop loop) stay quantised, which a search cannot keep",
    );
    expect(await told(heldInBodies.slice(0, 1))).toContain("the compute node mm in the body of Loop loop stays quantised");
  });

  it("ask for more where only all samples show the failure: those that choose are kinder by so much", async () => {
    // All samples: 17 dB for the plain model. Those that choose: 23 dB.
    const probe = additiveProbe(energiesWith(40, [5, 9]), { choose: 0.1 });
    const outcome = await searchUnits(request(units, probe));
    expect(outcome.keep).toEqual(["u5", "u9"]);
  });

  it("never take a NaN for a pass", async () => {
    const nan = { ...measured(30), marginDb: Number.NaN, lowDb: Number.NaN, sqnrDb: Number.NaN };
    const outcome = await searchUnits(request(units, async (keep) => (keep.size === 0 ? measured(10) : nan)));
    expect(outcome.kind).toBe("premise-fails");
    expect(outcome.keep).toEqual([]);
  });
});

describe("the proof", () => {
  const asked = async (onProof: (keep: ReadonlySet<string>) => ProbeResult, overrides = {}) => {
    let count = 0;
    const probe: Probe = async (keep, samples) => {
      if (samples !== "prove") return additiveProbe(energiesWith(40, [7, 31]))(keep, samples);
      count++;
      return onProof(keep);
    };
    return { outcome: await searchUnits(request(units, probe, overrides)), count: () => count };
  };

  it("is asked once, and its answer changes nothing that was chosen", async () => {
    const { outcome, count } = await asked(() => measured(15));
    expect(count()).toBe(1);
    expect(outcome).toMatchObject({ kind: "not-confirmed", keep: ["u7", "u31"], proof: { state: "missed" } });
    expect(outcome.message).toContain("the limit is missed on 24 samples that nothing was searched on");
    expect(outcome.message).toMatch(/, misses its limit by [\d.]+ dB of error, at worst [\d.]+ dB\)/);
  });

  it("is likely where the interval reaches below the limit, and says how many samples would settle it", async () => {
    // 1 dB to spare, 2 dB of interval: four times the samples narrow it to 1 dB.
    const { outcome } = await asked(() => measured(21, 2));
    expect(outcome.proof).toMatchObject({ state: "likely", neededSamples: 4 * 48 });
    expect(outcome.message).toContain("About 192 validation samples in all would settle it (48 now;");
  });

  it("calls nothing proved with too few samples for three sets, or too few of them to prove", async () => {
    const few = await asked(() => measured(30), { samples: { all: 5, rank: 2, choose: 2, prove: 3, apart: false } });
    expect(few.outcome.proof.state).toBe("likely");
    expect(few.outcome.message).toContain("too few samples for three sets");
    const small = await asked(() => measured(30), { samples: { all: 16, rank: 16, choose: 8, prove: 8, apart: true } });
    expect(small.outcome.proof).toMatchObject({ state: "likely", neededSamples: 48 });
  });

  it("asks a failed tool once more, and says nothing of a set that it could not ask about", async () => {
    let failures = 1;
    const once = await asked(() => (failures-- > 0 ? failed() : measured(30)));
    expect(once.outcome.proof.state).toBe("proved");
    const never = await asked(() => failed("no memory"));
    expect(never.outcome.proof).toMatchObject({ state: "none" });
    expect(never.outcome.message).toContain("no memory");
  });

  it("prunes only what stays clear of the limit with its interval", async () => {
    const energies = [0.02, 0.02, 0.0089, 0.0089, ...energiesWith(36, [])];
    const withInterval = (wideDb: number) =>
      searchUnits(
        request(units, async (keep, samples) => {
          const result = await additiveProbe(energies)(keep, samples);
          return result.kind === "measured" ? { ...result, lowDb: result.marginDb - wideDb } : result;
        }),
      );
    expect((await withInterval(0)).keep).toHaveLength(3);
    expect((await withInterval(0.5)).keep).toHaveLength(4);
  });

  it("takes a prefix as it is where no interval clears the limit", async () => {
    const probe: Probe = async (keep, samples) => {
      const result = await additiveProbe(energiesWith(40, [7, 31]))(keep, samples);
      return result.kind === "measured" && keep.size < 40 ? { ...result, lowDb: result.marginDb - 20 } : result;
    };
    expect(await searchUnits(request(units, probe))).toMatchObject({ kind: "prefix", oneMinimal: false, proof: { state: "likely" } });
  });
});

describe("the curve", () => {
  it("stands in every outcome: measured where it was asked, predicted between, and so near", async () => {
    const energies = Array.from({ length: 40 }, (_, i) => 0.02 / (i + 1));
    const outcome = await searchUnits(request(units, additiveProbe(energies)));
    const points = outcome.curve?.points ?? [];
    expect(points.map(({ kept }) => kept)).toEqual(Array.from({ length: 41 }, (_, i) => i));
    expect(points.filter(({ by }) => by === "measured").length).toBeGreaterThan(6);
    const truth = await Promise.all(
      points.map(async ({ kept }) => additiveProbe(energies)(new Set(outcome.curve?.order.slice(0, kept)), "choose")),
    );
    const off = points.map(({ sqnrDb }, i) => Math.abs(sqnrDb - (truth[i]?.kind === "measured" ? truth[i].sqnrDb : Number.NaN)));
    expect(Math.max(...off.slice(0, 40))).toBeLessThan(0.01);
  });

  it("says which figure each margin is about, and the lower end of its interval", async () => {
    const nearest = 'SQNR 10.18 dB of the part "scores" of "detections", limit 20 dB';
    const inner = additiveProbe(Array.from({ length: 40 }, (_, i) => 0.02 / (i + 1)));
    const probe: Probe = async (keep, samples) => {
      const result = await inner(keep, samples);
      return result.kind === "measured" ? { ...result, lowDb: result.marginDb - 1.5, nearest } : result;
    };
    const points = (await searchUnits(request(units, probe))).curve?.points ?? [];
    const asked = points.filter(({ by }) => by === "measured");
    expect(asked.map(({ marginDb, marginLowDb }) => (Number.isFinite(marginDb) ? marginDb - marginLowDb : 1.5))).toEqual(
      asked.map(() => expect.closeTo(1.5, 9)),
    );
    expect(new Set(asked.map((point) => point.nearest))).toEqual(new Set([nearest]));
    expect(points.filter(({ by }) => by === "predicted").every((point) => point.nearest === undefined)).toBe(true);
  });

  it("stands where the error is diffuse, with no list", async () => {
    const outcome = await searchUnits(request(units, additiveProbe(Array.from({ length: 40 }, () => 0.0006))));
    expect(outcome).toMatchObject({ kind: "diffuse", keep: [] });
    expect(outcome.curve?.points).toHaveLength(41);
    expect(outcome.message).toContain("trt-gate fix report.json --keep N");
  });
});

describe("a diffuse error", () => {
  const diffuse = additiveProbe(Array.from({ length: 40 }, () => 0.0006));

  it("tries each scheme and each kind of operator, and says by how much it helps, or that it does not", async () => {
    const schemes = [
      { name: "percentile 99.999", probeEmpty: async () => measured(18) },
      { name: "per-channel weights", probeEmpty: async () => measured(21) },
      { name: "entropy", probeEmpty: async () => measured(10) },
      { name: "minmax", probeEmpty: async () => ({ ...measured(0), sqnrDb: Number.NaN }) },
      { name: "broken", probeEmpty: async () => failed() },
    ];
    const families = [{ name: "attention products", units: Array.from({ length: 20 }, (_, i) => `u${i}`) }];
    const outcome = await searchUnits(request(units, diffuse, { schemes, families }));
    expect(outcome.advice.map(({ evidence }) => evidence.scheme ?? evidence.family)).toEqual([
      "per-channel weights",
      "attention products",
      "percentile 99.999",
      undefined,
    ]);
    expect(outcome.advice[0]?.text).toContain("which passes the limits");
    expect(outcome.advice[1]?.text).toContain("Keep all 20 attention products in higher precision: 19.2 dB instead of 16.2 dB");
    expect(outcome.advice[3]).toMatchObject({
      text: "Tried, and no better than the 16.2 dB of now: entropy (10.0 dB), minmax (NaN dB).",
      evidence: { entropy: 10, minmax: "NaN" },
    });
  });

  it("holds simulated schemes against the simulated plain model where engines decide", async () => {
    const simulatedPlain = { name: "as it is", probeEmpty: async () => measured(13.98) };
    const schemes = [{ name: "percentile", probeEmpty: async () => measured(15) }];
    const outcome = await searchUnits(request(units, diffuse, { simulatedPlain, schemes, maxBuilds: 30 }));
    expect(outcome.kind).toBe("diffuse");
    expect(outcome.advice.map(({ evidence }) => [evidence.beforeDb, evidence.afterDb])).toEqual([[13.98, 15]]);
    expect(outcome.advice[0]?.text).toContain("(+1.0 dB) in the simulation");
  });

  it("needs more than a quarter and more than eight", () => {
    expect([isDiffuse(8, 10), isDiffuse(9, 36), isDiffuse(9, 35), isDiffuse(10, 36)]).toEqual([false, false, true, true]);
  });
});

describe("a fix that keeps many units", () => {
  const schemes = [{ name: "minmax calibration", probeEmpty: async () => measured(24) }];
  const loud = (count: number) => additiveProbe(Array.from({ length: 40 }, (_, i) => (i < count ? 0.02 : 0.00001)));

  it("is told beside what another calibration gives without keeping any", async () => {
    const outcome = await searchUnits(request(units, loud(6), { schemes }));
    expect(outcome.keep.length).toBeGreaterThan(3);
    expect(outcome.advice.map(({ text }) => text)).toEqual([
      expect.stringContaining("Quantise with minmax calibration: 24.0 dB instead of"),
    ]);
    expect(outcome.advice[0]?.text).toContain("which passes the limits");
  });

  it("tries none beside a fix of few units", async () => {
    const outcome = await searchUnits(request(units, loud(2), { schemes }));
    expect(outcome.keep).toHaveLength(2);
    expect(outcome.advice).toEqual([]);
  });
});

describe("failing and doubtful probes", () => {
  it("takes a probe that always fails as neither good nor bad", async () => {
    const probe: Probe = async (keep, samples) =>
      keep.size === 2 && keep.has("u7") ? failed() : additiveProbe(energiesWith(40, [7, 20, 31]))(keep, samples);
    const outcome = await searchUnits(request(units, probe));
    expect(outcome.kind).toBe("found");
    expect(outcome.keep).toEqual(["u7", "u20", "u31"]);
    expect(outcome.oneMinimal).toBe(false);
  });

  it("goes on in the network's order where nothing can rank", async () => {
    const probe = additiveProbe(energiesWith(40, [1]));
    const outcome = await searchUnits(request(units, probe, { ranker: { samples: 16, probe: async () => failed("no runtime") } }));
    expect(outcome.rankings.map(({ name }) => name)).toEqual(["topological"]);
    expect(outcome.keep).toEqual(["u1"]);
  });
});

describe("the budget", () => {
  it("keeps the best set so far with its proof, wherever the time runs out", async () => {
    const energies = energiesWith(40, [7, 31]);
    const kinds: string[] = [];
    for (let seconds = 1; kinds.at(-1) !== "found"; seconds++) {
      const outcome = await searchUnits(request(units, additiveProbe(energies), { clock: steppingClock(1000), budgetMs: seconds * 1000 }));
      const withSet = outcome.kind === "budget" && outcome.keep.length > 0;
      kinds.push(withSet ? `budget, ${outcome.proof.state}` : outcome.kind);
    }
    expect(new Set(kinds)).toEqual(new Set(["budget", "budget, proved", "found"]));
  });

  it("ranks by what units add themselves where trying them one by one would take more than a third of it", async () => {
    const probe = additiveProbe(energiesWith(40, [7]));
    const injected = async () => new Map(units.map(({ id }, i) => [id, i === 7 ? 5 : 60]));
    let tried = 0;
    const slow: Probe = async (keep, samples) => {
      tried++;
      return { ...(await probe(keep, samples)), seconds: 1 };
    };
    const outcome = await searchUnits(request(units, probe, { ranker: { ...rankerOf(slow), injected }, budgetMs: 60_000 }));
    expect(tried).toBe(1);
    expect(outcome.rankings.map(({ name, order }) => [name, order[0]])).toEqual([["error-growth", "u7"]]);
    expect(outcome.keep).toEqual(["u7"]);
  });

  it("looks again, on further samples, only at the units that matter", async () => {
    const slices: { from: number; count: number; unit: string }[] = [];
    const probe = additiveProbe(energiesWith(40, [7, 31]));
    const ranker = {
      samples: 16,
      probe: async (keep: ReadonlySet<string>, slice: { from: number; count: number }) => {
        slices.push({ ...slice, unit: units.find(({ id }) => !keep.has(id))?.id ?? "" });
        return probe(keep, "choose");
      },
    };
    await searchUnits(request(units, probe, { ranker }));
    const counts = [...Map.groupBy(slices, ({ from, count }) => `${from}+${count}`)].map(([slice, of]) => [slice, of.length]);
    expect(counts).toEqual([
      ["0+2", 40],
      ["2+2", 20],
      ["4+4", 10],
      ["8+8", 5],
    ]);
    expect(slices.slice(-5).map(({ unit }) => unit)).toEqual(expect.arrayContaining(["u7", "u31"]));
  });
});

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
