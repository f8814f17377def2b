/** The search fed with engines that were really built (test/fixtures/tensorrt-8.6.1-h100/README.md). */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { Probe } from "../../../src/search/probe.ts";
import { searchUnits } from "../../../src/search/ranked.ts";
import { additiveProbe, rankerOf, request, syntheticUnits } from "../../fakes/probes.ts";

interface Recorded {
  readonly tag: string;
  readonly layers: number;
  readonly sqnr8: number;
  readonly x0: number;
  readonly poly_pass: boolean;
  readonly build: number;
}
const file = new URL("../../fixtures/tensorrt-8.6.1-h100/ranked_prefix_probes.json", import.meta.url);
const recorded: readonly Recorded[] = JSON.parse(readFileSync(file, "utf8"));

/** Engines of the prefixes that were built, by their number of units. A set answers as the longest built prefix that it holds. */
const engines = recorded
  .filter(({ tag }) => /^(none|loi\d+)$/.test(tag))
  .map((engine) => ({ ...engine, units: engine.tag === "none" ? 0 : Number(engine.tag.slice(3)) }));
const engineFor = (keep: ReadonlySet<string>) =>
  engines.findLast(({ units }) => Array.from({ length: units }, (_, i) => `u${i}`).every((id) => keep.has(id)));

/** 25 dB over the eight images: what these builds measured, whatever samples are asked. */
const replay: Probe = async (keep) => {
  const engine = engineFor(keep);
  if (!engine) throw new Error("the recording holds the plain engine");
  const marginDb = engine.sqnr8 - 25;
  return { kind: "measured", passes: marginDb >= 0, marginDb, lowDb: marginDb, sqnrDb: engine.sqnr8, sdDb: 0, seconds: engine.build };
};

/** Ranks u0 first, as the CPU ranking of the recording did; the sum of its errors expects four units to be enough. */
const additive = additiveProbe(Array.from({ length: 54 }, (_, i) => (i < 4 ? 0.02 / (i + 1) : 0.004 / (i + 1) ** 2)));
const ranker = rankerOf(additive);

describe("the recorded engines", () => {
  it("hold the figures that the test relies on", () => {
    expect(engines.map(({ units, layers, poly_pass }) => [units, layers, poly_pass])).toEqual([
      [0, 0, false],
      [1, 3, false],
      [2, 6, false],
      [4, 15, false],
      [8, 30, true],
      [12, 49, true],
      [16, 69, false],
    ]);
  });

  it("lead to a set of at most 49 layers in at most 3 builds besides the plain one", async () => {
    const outcome = await searchUnits(request(syntheticUnits(54), replay, { ranker, maxBuilds: 8, budgetMs: 1_200_000 }));
    expect(outcome).toMatchObject({ kind: "prefix", proof: { state: "proved" } });
    expect(engineFor(new Set(outcome.keep))?.layers).toBeLessThanOrEqual(49);
    expect(outcome.builds).toBeLessThanOrEqual(3);
  });
});
