/** Ranking where a probe on the CPU costs little beside an engine: every unit on many samples, and no sample decides alone. */
import { describe, expect, it } from "vitest";
import type { Ranker } from "../../../src/search/probe.ts";
import { searchUnits } from "../../../src/search/ranked.ts";
import { thoroughSamples } from "../../../src/search/rankings.ts";
import { additiveProbe, energiesWith, measured, request, syntheticUnits } from "../../fakes/probes.ts";

const count = 24;
const units = syntheticUnits(count);

/** `energy(unit, sample)`: error energy with this unit alone quantised. */
function rankerBy(energy: (unit: number, sample: number) => number, more: Partial<Ranker> = {}): Ranker & { asked: number } {
  const ranker = {
    asked: 0,
    samples: 48,
    probe: async (keep: ReadonlySet<string>, slice: { from: number; count: number }) => {
      ranker.asked++;
      const unit = units.findIndex(({ id }) => !keep.has(id));
      const samples = Array.from({ length: slice.count }, (_, i) => slice.from + i);
      return measured(-10 * Math.log10(samples.reduce((sum, sample) => sum + energy(unit, sample), 0) / slice.count));
    },
    ...more,
  };
  return ranker;
}

const orderOf = async (ranker: Ranker, budgetMs = 600_000) => {
  const outcome = await searchUnits(request(units, additiveProbe(energiesWith(count, [3, 20])), { ranker, maxBuilds: 30, budgetMs }));
  return outcome.rankings[0]?.order ?? [];
};

describe("a thorough ranking", () => {
  const late = (unit: number, sample: number) => (unit === 20 && sample > 1 ? 0.02 : unit === 3 ? 0.01 : 1e-4 * (unit + 1));

  it("finds the unit whose error the first samples do not show", async () => {
    const quick = await orderOf(rankerBy(late));
    const thorough = await orderOf(
      rankerBy((unit, sample) => (unit === 0 && sample > 1 ? 0.02 : late(unit, sample)), { isThorough: true }),
    );
    expect(thorough.slice(0, 3)).toEqual(["u0", "u20", "u3"].toSorted((a, b) => thorough.indexOf(a) - thorough.indexOf(b)));
    expect(quick[0]).toBe("u20");
    const hidden = await orderOf(rankerBy((unit, sample) => (unit === 0 && sample > 1 ? 0.02 : late(unit, sample))));
    expect(hidden.slice(0, 3)).not.toContain("u0");
  });

  it("puts no unit in front for one wild sample", async () => {
    const wild = (unit: number, sample: number) => (unit === 5 && sample === 7 ? 1 : unit === 3 ? 0.01 : 1e-5);
    expect((await orderOf(rankerBy(wild, { isThorough: true })))[0]).toBe("u3");
  });

  it("asks about every unit on every sample, and less where that is dear", async () => {
    const cheap = rankerBy(late, { isThorough: true });
    await orderOf(cheap);
    expect(cheap.asked).toBe(count * thoroughSamples);
    const dear = rankerBy(late, { isThorough: true });
    await orderOf(dear, 10_000);
    expect(dear.asked).toBeLessThan(count * thoroughSamples);
    expect(dear.asked).toBeGreaterThan(count * 2);
  });

  it("is not led by samples of silence", async () => {
    const silent = (unit: number, sample: number) =>
      sample === 0 ? (unit === 9 ? Number.POSITIVE_INFINITY : 0) : unit === 3 ? 0.01 : 1e-5;
    expect((await orderOf(rankerBy(silent, { isThorough: true })))[0]).toBe("u3");
  });

  it.each([
    ["an infinite error", Number.POSITIVE_INFINITY],
    ["NaN", Number.NaN],
  ])("puts a unit first that gives %s on every sample: nothing is left of the outputs then", async (_, error) => {
    const lost = (unit: number) => (unit === 9 ? error : unit === 3 ? 0.01 : 1e-5);
    expect((await orderOf(rankerBy(lost, { isThorough: true }))).slice(0, 2)).toEqual(["u9", "u3"]);
  });
});
