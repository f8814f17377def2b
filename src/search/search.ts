/** The words of searching. The search sees only `probe(units) -> result`; it knows no lane, no file, no clock but the one handed in. */
import type { Unit } from "../lanes/lane.ts";

/** A failed tool is `unknown`: neither good nor bad. `marginDb`: distance to the limit in the deciding metric's unit, negative when failing. */
export type ProbeResult =
  | { readonly kind: "measured"; readonly passes: boolean; readonly marginDb: number; readonly sqnrDb: number; readonly sdDb: number; readonly seconds: number; readonly latencyMs?: number; readonly note?: string }
  | { readonly kind: "unknown"; readonly why: string; readonly seconds: number };

export type Half = "search" | "accept" | "all";

/** `keep`: ids of units kept in higher precision. `fresh`: build anew. */
export type Probe = (keep: ReadonlySet<string>, half: Half, options?: { readonly fresh?: boolean }) => Promise<ProbeResult>;

export type RankingName = "leave-one-in" | "leave-one-out" | "error-growth" | "history" | "topological";

/** Worst first: the unit that most deserves higher precision leads. */
export interface Ranking { readonly name: RankingName; readonly order: readonly string[]; readonly score: ReadonlyMap<string, number>; readonly probes: number; readonly seconds: number }

export interface ProbeRecord {
  readonly n: number;
  readonly phase: "premise" | "gallop" | "bisect" | "prune" | "sweep" | "accept" | "confirm" | "advice";
  readonly ranking?: RankingName;
  readonly half: Half;
  readonly keep: readonly string[];
  readonly result: ProbeResult;
}

export type OutcomeKind = "found" | "prefix" | "diffuse" | "nothing-needed" | "not-confirmed" | "budget" | "tool-failing" | "premise-fails" | "none";

export interface SearchOutcome {
  readonly kind: OutcomeKind;
  readonly method: "ranked" | "bisect" | "linear";
  readonly message: string;
  readonly units: readonly Unit[];
  readonly rankings: readonly Ranking[];
  readonly probes: readonly ProbeRecord[];
  /** Length of the shortest passing prefix per ranking; undefined where none passes. */
  readonly prefix: readonly { readonly ranking: RankingName; readonly length: number | undefined }[];
  /** Accepted set, or best so far; empty when there is none. */
  readonly keep: readonly string[];
  /** True: no member can be dropped on the search half. */
  readonly oneMinimal: boolean;
  readonly heldOut: { readonly passes: boolean; readonly sqnrDb: number; readonly marginDb: number } | undefined;
  readonly advice: readonly Advice[];
  readonly builds: number;
  readonly seconds: number;
  readonly seed: number;
}

/** Nothing is advised without a figure. */
export interface Advice { readonly rule: string; readonly text: string; readonly evidence: Readonly<Record<string, number | string>> }
