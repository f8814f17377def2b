/** The words of searching. The search sees only `probe(units) -> result`; it knows no lane, no file, no clock but the one handed in. */
import type { Clock } from "../effects/effects.ts";
import type { Engine } from "../model/engine.ts";
import type { Unit } from "../model/unit.ts";

/**
 * `engine`: the one that answered; nothing where the answer comes from a journal. A failed tool is `unknown`: neither good nor bad. `marginDb`: distance to the limit in the deciding metric's unit, negative when failing.
 * `sdDb`: bootstrap standard deviation of the deciding metric in the same unit; 0 where there is none.
 */
export type ProbeResult =
  | {
      readonly kind: "measured";
      readonly passes: boolean;
      readonly marginDb: number;
      readonly sqnrDb: number;
      readonly sdDb: number;
      readonly seconds: number;
      readonly latencyMs?: number;
      readonly note?: string;
      readonly engine?: Engine;
    }
  | { readonly kind: "unknown"; readonly why: string; readonly seconds: number };

export type Confirmation = Extract<ProbeResult, { kind: "measured" }>;

export type Half = "search" | "accept" | "all";

/** `keep`: ids of units kept in higher precision. `fresh`: build anew. */
export type Probe = (keep: ReadonlySet<string>, half: Half, options?: { readonly fresh?: boolean }) => Promise<ProbeResult>;

export type RankingName = "leave-one-in" | "leave-one-out" | "error-growth" | "history" | "topological";

/** Worst first: the unit that most deserves higher precision leads. `order` and `score` hold unit ids, or block names for `group: block`. */
export interface Ranking {
  readonly name: RankingName;
  readonly order: readonly string[];
  readonly score: ReadonlyMap<string, number>;
  readonly probes: number;
  readonly seconds: number;
}

export interface ProbeRecord {
  readonly n: number;
  readonly phase: "premise" | "gallop" | "bisect" | "prune" | "sweep" | "accept" | "confirm" | "advice";
  readonly ranking?: RankingName;
  readonly half: Half;
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
  /** What fresh builds of just `keep` gave, in order. A tool's failure is none of them: it says nothing of the set. */
  readonly confirmations: readonly Confirmation[];
  /** True: no member can be dropped on the search half. */
  readonly oneMinimal: boolean;
  readonly heldOut: { readonly passes: boolean; readonly sqnrDb: number; readonly marginDb: number } | undefined;
  /** The half that nothing was searched on: the halves change places where only `accept` shows the failure. Without it `accept`. */
  readonly heldOutHalf?: "search" | "accept";
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

/** Another way to quantise the whole model, tried when the error is diffuse. */
export interface Scheme {
  readonly name: string;
  /** All units quantised by this scheme, judged by the same limits on the same half as the search. */
  readonly probeEmpty: () => Promise<ProbeResult>;
}

/** Where probes are written down, so that a killed search goes on. The text is JSON lines; whoever hands this in owns the file. */
export interface Journal {
  read(): Promise<string | undefined>;
  /** Replaces everything. */
  start(text: string): Promise<void>;
  append(text: string): Promise<void>;
}

export interface SearchRequest {
  readonly units: readonly Unit[];
  readonly probe: Probe;
  /** Only ranks, and guesses where to begin; given where a probe costs a build of an engine. */
  readonly surrogate?: Probe;
  /**
   * As `surrogate`, on samples that neither half holds (calibration data), which are usually many more: rankings are made on them.
   * They never decide. Its margins are only compared with each other.
   */
  readonly ranker?: Probe;
  /** SQNR in dB of the error that a unit adds by itself, by unit id; lower is worse. */
  readonly layerErrors?: ReadonlyMap<string, number>;
  /** Units kept by an earlier accepted report of the same model. */
  readonly history?: readonly string[];
  readonly group?: "unit" | "block";
  /** Quantisers of the model that no unit holds: their error stays with every unit kept. */
  readonly heldByNoUnit?: readonly string[];
  readonly seed: number;
  readonly budgetMs: number;
  /** Sets given to `probe`, each counted once, and fresh builds. `Infinity` where a probe builds no engine. The empty set counts as already built. */
  readonly maxBuilds: number;
  readonly clock: Pick<Clock, "monotonicMs">;
  readonly journal?: Journal;
  /** Hash over everything that decides a probe: model, quantisation, data, limits, version of the gate. */
  readonly inputsHash?: string;
  readonly progress?: (stage: string) => void;
  readonly notice?: (text: string) => void;
  /** Noise of building, in the unit of `marginDb`. Absent or 0: repeats are bit-identical. */
  readonly guardDb?: number;
  /** Fresh builds that must pass the held-out half before a set counts as found. */
  readonly confirmBuilds?: number;
  readonly schemes?: readonly Scheme[];
  readonly cancelled: AbortSignal;
}
