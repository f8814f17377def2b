/** What a search answers. Only types. */
import type { Unit } from "../model/unit.ts";
import type { Measured, ProbeResult, SampleSet } from "./probe.ts";

export type RankingName = "leave-one-in" | "error-growth" | "history" | "topological";

/** Worst first: the group that most deserves higher precision leads. Ids are unit ids, or block names for `group: block`. */
export interface Ranking {
  readonly name: RankingName;
  readonly order: readonly string[];
  /** Error at the output with only this group quantised, as SQNR and as margin in dB; empty where nothing was tried one by one. */
  readonly alone: ReadonlyMap<string, { readonly sqnrDb: number; readonly marginDb: number }>;
  readonly probes: number;
  readonly seconds: number;
}

export interface ProbeRecord {
  readonly n: number;
  readonly phase: "premise" | "prefix" | "prune" | "curve" | "prove" | "advice";
  readonly ranking?: RankingName;
  readonly samples: SampleSet;
  readonly keep: readonly string[];
  readonly result: ProbeResult;
}

export type OutcomeKind =
  | "found"
  | "prefix"
  | "diffuse"
  | "nothing-needed"
  | "not-confirmed"
  | "budget"
  | "tool-failing"
  | "premise-fails"
  | "none";

/**
 * `proved`: the lower end of the interval on samples that were asked once meets the limit. `likely`: the figure does, the interval reaches below, or
 * there are too few samples. `missed`: the figure does not. `none`: nothing was asked.
 */
export interface Proof {
  readonly state: "proved" | "likely" | "missed" | "none";
  readonly samples: number;
  readonly result?: Measured;
  /** Validation samples in all that would settle a `likely`, were they like these; absent where no number is known to. */
  readonly neededSamples?: number;
  /** Which validation samples proved. */
  readonly indices?: readonly number[];
  readonly message: string;
}

/**
 * One way to choose: so many units kept, in the order of the curve. Figures in dB; `lowDb` and `highDb` bound `sqnrDb`, `marginLowDb` is
 * the lower end of the margin's interval, and `nearest` says which figure the margin is about: often another than the SQNR of the outputs.
 */
export interface CurvePoint {
  readonly kept: number;
  readonly by: "measured" | "predicted";
  readonly sqnrDb: number;
  readonly lowDb: number;
  readonly highDb: number;
  readonly marginDb: number;
  readonly marginLowDb: number;
  readonly nearest?: string | undefined;
}

export interface Curve {
  /** Unit ids, most deserving first. */
  readonly order: readonly string[];
  /** From none kept to all, one a step of the order; blocks step by all their units. */
  readonly points: readonly CurvePoint[];
}

/** How many samples ranked, chose and proved, and how many there are to validate; `apart`: the three sets do not meet. */
export interface SampleCounts {
  readonly all: number;
  readonly rank: number;
  readonly choose: number;
  readonly prove: number;
  readonly apart: boolean;
}

export interface SearchOutcome {
  readonly kind: OutcomeKind;
  readonly method: "ranked" | "bisect" | "linear";
  readonly message: string;
  readonly units: readonly Unit[];
  readonly rankings: readonly Ranking[];
  readonly probes: readonly ProbeRecord[];
  /** Length of the shortest passing prefix per ranking; undefined where none passes. */
  readonly prefix: readonly { readonly ranking: RankingName; readonly length: number | undefined }[];
  /** Chosen set, or best so far; empty when there is none. */
  readonly keep: readonly string[];
  /** True: without any member the limits are not safely met on the samples that chose. */
  readonly oneMinimal: boolean;
  readonly proof: Proof;
  readonly curve?: Curve | undefined;
  readonly samples?: SampleCounts;
  readonly advice: readonly Advice[];
  readonly builds: number;
  readonly seconds: number;
  readonly seed: number;
}

/** Nothing is advised without a figure. */
export interface Advice {
  readonly rule: string;
  readonly text: string;
  readonly evidence: Readonly<Record<string, number | string>>;
}
