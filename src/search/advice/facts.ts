/** What the rules look at. Whoever calls them hands in what it knows; a rule whose facts are missing says nothing. */
import type { OutcomeKind } from "../outcome.ts";

export interface AdviceFacts {
  /** Layers in topological order. SQNR in dB, higher is better; NaN where it was not measured. `injectedDb`: error the layer adds by itself. */
  readonly layers?: readonly LayerFact[];
  /** The limit in dB below which a layer counts as bad here. */
  readonly limitDb?: number | undefined;
  readonly calibration?: CalibrationFacts;
  /** Weights of a Q/DQ model with one scale for all channels: the widest channel's range to the middle one's. */
  readonly weights?: readonly { readonly node: string; readonly ratio: number }[];
  /** Of a regression: the validation samples, and how many of them are random numbers of the gate's own. */
  readonly validation?: { readonly samples: number; readonly madeUp: number } | undefined;
  readonly search?: SearchFacts;
  /** What the cache's scales are against those of the base commit. */
  readonly moved?: MovedFacts | undefined;
  /** The only file that changed since the base commit. */
  readonly changed?:
    | (Pick<MovedFacts, "commit" | "basePassed" | "hasFallen"> & { readonly path: string; readonly what: string })
    | undefined;
  /** The units that the repository keeps already; absent without any. */
  readonly keptHere?: KeptFacts | undefined;
  /** Milliseconds of one inference; `fixedMs` with the kept units. `maxSlowdown`: ratio to the reference that the user allows, 1 where not said. */
  readonly latency?: {
    readonly referenceMs: number | undefined;
    readonly candidateMs?: number | undefined;
    readonly fixedMs?: number | undefined;
    /** Beyond the spread of its rounds; by the medians alone where nobody says. */
    readonly isFaster?: boolean | undefined;
    readonly maxSlowdown?: number | undefined;
  };
  /** The plain quantised model meets its limits. */
  readonly accurate?: boolean;
}

export interface KeptFacts {
  readonly file: string;
  /** Same as on the base commit; `changed`: the base has another state of the file; `none`: the base does not keep by it. */
  readonly atBase: "same" | "changed" | "none";
  /** A shell command that takes the file away, where nothing but the kept units is in it. */
  readonly remove?: string | undefined;
  /** How the entry keeps no units, as a clause. */
  readonly without: string;
}

export interface LayerFact {
  readonly tensor: string;
  readonly injectedDb: number;
  readonly accumulatedDb: number;
}

export interface CalibrationFacts {
  readonly algorithm: string;
  /** Undefined: a cache does not say how many samples made it. */
  readonly samples?: number;
  readonly minSamples: number;
  /** The scales come from a cache and there is no data to calibrate with. */
  readonly onlyCache?: boolean;
  /** Tensors that a scale or quantiser limits. */
  readonly ranges?: readonly SeenRange[];
  /** The model's own inputs likewise; `share` of their values lies beyond what the scale can represent. */
  readonly inputs?: readonly (SeenRange & { readonly share: number })[];
  /** Inputs of compute nodes that have no scale. */
  readonly missingScales?: readonly string[];
  /** Positive hours when the model file is newer than the cache. */
  readonly stale?: { readonly modelNewerHours?: number };
  /** Set where the cache belongs to another model or lacks scales: why, as a clause, and what renews it. `renewedFrom`: what was judged instead. */
  readonly renewal?: { readonly why: string; readonly command: string; readonly renewedFrom?: string | undefined };
}

/** What validation showed of a tensor, and what can be represented on that side: magnitudes where both sides of zero reach alike. */
export interface SeenRange {
  readonly tensor: string;
  readonly seenAmax: number;
  readonly calibratedAmax: number;
  /** 1 at the range's end (model/held-range.ts). */
  readonly ratio: number;
}

export interface MovedFacts {
  /** The file that holds the scales, as `git checkout` takes it in the working folder. */
  readonly cache: string;
  /** A cache where it is left out. */
  readonly what?: "calibration cache" | "Q/DQ model";
  readonly commit: string;
  /** The base commit's own model met its limits; undefined where it was not run. */
  readonly basePassed: boolean | undefined;
  /** A figure of what is no regression fell since, by more than its noise. */
  readonly hasFallen?: boolean;
  /** Largest factor first; `ratio`: new by old. */
  readonly scales: readonly { readonly tensor: string; readonly ratio: number }[];
  /** Names of the model's inputs. */
  readonly inputs: readonly string[];
}

export interface SearchFacts {
  readonly outcome: OutcomeKind;
  readonly kept: number;
  readonly units: number;
  readonly probes: number;
  readonly precision: "float16" | "float32";
  /** SQNR in dB of the plain quantised model: of its worst output that holds quantities. */
  readonly plainDb?: number;
  /** The plain model's figure that misses its limit, in words with that limit. */
  readonly missed?: string | undefined;
  /** What settles that figure where its interval holds the limit: a sentence. */
  readonly settles?: string | undefined;
}
