/** The search where each probe is an engine: what is built, in which order, and what is taken. */
import { describe, expect, it } from "vitest";
import type { Probe, ProbeResult } from "../../../src/search/probe.ts";
import { searchUnits } from "../../../src/search/ranked.ts";
import { additiveProbe, measured, rankerOf, request, syntheticUnits } from "../../fakes/probes.ts";

const count = 40;
const units = syntheticUnits(count);
/** Each a third less than the one before: seven kept units meet 20 dB, eight have 1.5 dB to spare, ten 4.5 dB. */
const energies = Array.from({ length: count }, (_, i) => 0.03 * 0.7 ** i);
const simulated = additiveProbe(energies);

/** Engines that are this many dB from what the simulation expects of them, by the number of kept units. */
function enginesOff(offDb: (kept: number) => number, more: (kept: number) => Partial<ProbeResult> = () => ({})) {
  const built: number[] = [];
  const probe: Probe = async (keep, samples) => {
    const result = await simulated(keep, samples);
    if (samples === "choose" && keep.size > 0) built.push(keep.size);
    if (result.kind === "unknown") return result;
    return { ...measured(result.sqnrDb + offDb(keep.size)), ...more(keep.size) } as ProbeResult;
  };
  return { built, probe };
}
const search = (probe: Probe, overrides = {}) =>
  searchUnits(request(units, probe, { ranker: rankerOf(simulated), maxBuilds: 30, ...overrides }));
/** Shortest prefix whose sum of errors is so far beyond the limit. */
const predicted = (spareDb: number) =>
  Array.from({ length: count }, (_, i) => i).find(
    (kept) => -10 * Math.log10(energies.slice(kept).reduce((a, b) => a + b, 0)) >= 20 + spareDb,
  );

describe("a search on engines", () => {
  it("builds one engine where the prediction holds: the shortest prefix that clears the limit by the prediction's own error", async () => {
    const { built, probe } = enginesOff(() => 0);
    const outcome = await search(probe);
    expect(built).toEqual([predicted(1.5)]);
    expect(outcome).toMatchObject({ kind: "prefix", builds: 1, proof: { state: "proved" } });
    expect(outcome.keep).toHaveLength(built[0] ?? 0);
  });

  it("adds what is missing where the engine falls short, and no more", async () => {
    const { built, probe } = enginesOff((kept) => (kept === 0 ? 0 : -4));
    const outcome = await search(probe);
    expect(built).toEqual([predicted(1.5), predicted(4.5)]);
    expect(outcome.keep).toHaveLength(predicted(4.5) ?? 0);
    expect(outcome.proof.state).toBe("proved");
  });

  it("builds one shorter engine where the first clears the limit by far, and takes it where it passes", async () => {
    const { built, probe } = enginesOff((kept) => (kept === 0 ? 0 : 6));
    const outcome = await search(probe);
    expect(built).toHaveLength(2);
    expect(built[1]).toBeLessThanOrEqual(0.75 * (built[0] ?? 0));
    expect(outcome.keep).toHaveLength(built[1] ?? 0);
  });

  it("stays with the longer engine where the shorter one misses", async () => {
    const first = predicted(1.5) ?? 0;
    const { built, probe } = enginesOff((kept) => (kept === 0 ? 0 : kept >= first ? 6 : -6));
    const outcome = await search(probe);
    expect(built[0]).toBe(first);
    expect(outcome.keep).toHaveLength(first);
  });

  it("builds at most three engines besides the plain one", async () => {
    // Each engine is 2 dB worse than the one before let expect, so that there is always a longer prefix to try.
    const many = syntheticUnits(200);
    const slowly = additiveProbe(many.map((_, i) => 0.01 * 0.9 ** i));
    const built: number[] = [];
    const probe: Probe = async (keep, samples) => {
      const result = await slowly(keep, samples);
      if (keep.size === 0 || keep.size === many.length || result.kind === "unknown") return result;
      built.push(keep.size);
      return measured(result.sqnrDb - 2 * built.length);
    };
    const outcome = await searchUnits(request(many, probe, { ranker: rankerOf(slowly), maxBuilds: 30 }));
    expect(built).toHaveLength(3);
    expect(Math.max(...built)).toBeLessThan(50);
    expect(outcome.kind).toBe("diffuse");
  });

  it("wants the interval clear of the limit, and takes what only passes where no engine is", async () => {
    const wide = (lowDb: number) =>
      enginesOff(
        () => 0,
        (kept) => (kept === 0 ? {} : { lowDb }),
      );
    const never = wide(-1);
    const outcome = await search(never.probe);
    expect(never.built.length).toBeGreaterThan(1);
    expect(outcome).toMatchObject({ kind: "prefix", proof: { state: "likely" } });
    // Of those that pass alike the shortest.
    expect(outcome.keep).toHaveLength(Math.min(...never.built));
  });

  it("expects nothing of units that the engine runs in higher precision anyway", async () => {
    const asked = async (more: Partial<ProbeResult>) => {
      const { built, probe } = enginesOff(
        (kept) => (kept === 0 ? 0 : -3),
        () => more,
      );
      await search(probe);
      return built;
    };
    // Eight kept are expected to have 22.4 dB, nine 23.9, ten 25.5. Eight have 19.4: nine will do, with half a dB to spare.
    expect(await asked({})).toEqual([8, 9]);
    // Where u8 was in float, keeping it as the ninth gains nothing.
    expect(await asked({ floatUnits: ["u8"] } as Partial<ProbeResult>)).toEqual([8, 10]);
  });

  it("starts with an eighth of the units where nothing predicts, then doubles", async () => {
    const probe = additiveProbe(Array.from({ length: count }, (_, i) => (i < 9 ? 0.02 : 1e-6)));
    const built: number[] = [];
    const counting: Probe = (keep, samples) => {
      if (samples === "choose" && keep.size > 0) built.push(keep.size);
      return probe(keep, samples);
    };
    const { ranker: _, ...blind } = request(units, counting, { maxBuilds: 30 });
    const outcome = await searchUnits(blind);
    expect(built).toEqual([5, 10]);
    expect(outcome.keep).toHaveLength(10);
  });

  it("says diffuse after a build of everything where no prefix is enough, and that its limit cannot be met where that fails too", async () => {
    const { built, probe } = enginesOff((kept) => (kept === 0 || kept === count ? 0 : -60));
    expect(await search(probe)).toMatchObject({ kind: "diffuse", keep: [] });
    expect(built.at(-1)).toBe(count);
    const never = await search(async () => measured(12));
    expect(never.kind).toBe("premise-fails");
  });

  it("never builds more than it may", async () => {
    for (const maxBuilds of [1, 2]) {
      const { built, probe } = enginesOff((kept) => (kept === 0 ? 0 : -6));
      const outcome = await search(probe, { maxBuilds });
      expect(built.length).toBeLessThanOrEqual(maxBuilds);
      expect(outcome.builds).toBe(built.length);
    }
  });
});
