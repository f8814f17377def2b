/** Synthetic units and probes for searches: errors that add up, sets that depend on each other, tools that fail. No model, no clock. */
import type { Unit } from "../../src/model/unit.ts";
import type { Measured, Probe, ProbeResult, Ranker, SampleSet } from "../../src/search/probe.ts";
import type { Journal, SearchRequest } from "../../src/search/request.ts";

/** u0, u1, … in topological order; `blockSize` units share a block. */
export const syntheticUnits = (count: number, blockSize = 1): readonly Unit[] =>
  Array.from({ length: count }, (_, i) => ({
    id: `u${i}`,
    nodes: [`node${i}`],
    opType: "Conv",
    inputs: [`in${i}`],
    output: `out${i}`,
    order: i,
    block: blockSize === 1 ? "" : `block${Math.floor(i / blockSize)}`,
    weightBytes: 4,
  }));

/** A measured result with this quality against a limit of 20 dB; the interval reaches `wideDb` below. */
export const measured = (sqnrDb: number, wideDb = 0): Measured => ({
  kind: "measured",
  passes: sqnrDb >= 20,
  marginDb: sqnrDb - 20,
  lowDb: sqnrDb - 20 - wideDb,
  sqnrDb,
  sdDb: 0,
  seconds: 0.01,
});

export const failed = (why = "no engine"): ProbeResult => ({ kind: "unknown", why, seconds: 0.01 });

/** Error energies of the units that are not kept add up; an energy of 0.01 is 20 dB. `factor` scales the errors on some samples. */
export function additiveProbe(energies: readonly number[], factor: Partial<Record<SampleSet, number>> = {}): Probe {
  return async (keep, samples) => {
    const energy = energies.reduce((sum, each, i) => sum + (keep.has(`u${i}`) ? 0 : each), 0) * (factor[samples] ?? 1);
    return measured(-10 * Math.log10(energy));
  };
}

/** Energies with the given culprits, each 0.02 (17 dB alone); the rest together stays far below the limit. */
export const energiesWith = (count: number, culprits: readonly number[]): readonly number[] =>
  Array.from({ length: count }, (_, i) => (culprits.includes(i) ? 0.02 : 0.001 / count));

/** Ranks by the same figures as this probe gives on the samples that choose. */
export const rankerOf = (probe: Probe, samples = 16): Ranker => ({ samples, probe: (keep) => probe(keep, "choose") });

/** A clock that moves by `stepMs` each time it is read. */
export function steppingClock(stepMs = 0): { monotonicMs(): number } {
  let now = 0;
  return {
    monotonicMs: () => {
      now += stepMs;
      return now;
    },
  };
}

export function request(units: readonly Unit[], probe: Probe, overrides: Partial<SearchRequest> = {}): SearchRequest {
  return {
    units,
    probe,
    ranker: rankerOf(probe),
    samples: { all: 48, rank: 16, choose: 24, prove: 24, apart: true },
    seed: 1,
    budgetMs: 60_000,
    maxBuilds: Number.POSITIVE_INFINITY,
    clock: steppingClock(),
    cancelled: new AbortController().signal,
    ...overrides,
  };
}

/** A journal in memory. `text` is what a file would hold. */
export class MemoryJournal implements Journal {
  text: string | undefined;
  constructor(text?: string) {
    this.text = text;
  }
  async read() {
    return this.text;
  }
  async start(text: string) {
    this.text = text;
  }
  async append(text: string) {
    this.text = (this.text ?? "") + text;
  }
}
