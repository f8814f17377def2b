/** Engines that were timed: rounds as a worker measures them, read by the real statistics. */
import { notTimed, type Timed, timeEngines } from "../../src/evaluate/latency.ts";
import type { BuildFacts, Engine, TimingRun } from "../../src/model/engine.ts";

/** Milliseconds in each round. */
export interface Rounds {
  readonly half: readonly number[];
  readonly candidate: readonly number[];
  readonly fixed?: readonly number[];
}

export const plainRun: Omit<TimingRun, "rounds" | "launches" | "graphs"> = {
  usedGraphs: true,
  smClockMHz: { min: 1980, max: 1980 },
  throttle: undefined,
};

export const builtAs = (what: string, plan: string | undefined = `${what}.plan`): BuildFacts => ({
  what,
  seconds: 1,
  notes: [],
  ...(plan === undefined ? {} : { plan: { path: plan, sha256: "", sizeBytes: 1 } }),
});

export const engineAs = (what: string): Engine => ({
  facts: builtAs(what),
  reference: builtAs("FP32 engine"),
  half: builtAs("FP16 engine"),
  outputs: async function* () {},
  layers: async () => ({ pairs: (async function* () {})(), markingDb: undefined, dropped: [] }),
});

export async function timedAs({ half, candidate, fixed }: Rounds, run: Partial<TimingRun> = {}): Promise<Timed> {
  const sides = [half, candidate, ...(fixed ? [fixed] : [])];
  const rounds = half.map((_, r) => sides.map((side) => side[r] ?? Number.NaN));
  const launches = sides.map(() => 10);
  const timePlans = async () => ({ rounds, launches, graphs: sides.map(() => true), ...plainRun, ...run });
  return await timeEngines({ timePlans }, { plain: engineAs("INT8 engine"), ...(fixed ? { fixed: engineAs("fixed engine") } : {}) });
}

/** Every round alike. */
export const steady = (ms: number): number[] => Array.from({ length: 40 }, () => ms);

export { notTimed };
