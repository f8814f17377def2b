/** The one question that the search knows: these units kept, do the limits hold and by how much? Only types. */
import type { Engine } from "../model/engine.ts";

/** `choose`: what sets are searched on. `prove`: asked once, about the chosen set. `all`: the samples of the verdict. */
export type SampleSet = "choose" | "prove" | "all";

/** A failed tool is `unknown`: neither good nor bad. Figures of the margin are dB of error to the closest limit, negative when failing. */
export type ProbeResult =
  | {
      readonly kind: "measured";
      readonly passes: boolean;
      readonly marginDb: number;
      /** Lower end of the margin's interval over samples; `marginDb` itself where a single sample gives none. */
      readonly lowDb: number;
      /** The figure that `marginDb` is about, in words with its limit; its metric may be another than SQNR. */
      readonly nearest?: string | undefined;
      readonly sqnrDb: number;
      /** Bootstrap standard deviation of the SQNR; 0 where there is none. */
      readonly sdDb: number;
      readonly seconds: number;
      readonly note?: string | undefined;
      /** The one that answered; absent where the answer comes from a journal. */
      readonly engine?: Engine;
      /** Units that the engine ran in higher precision though they were not kept; absent where nothing ran on an engine or it does not tell. */
      readonly floatUnits?: readonly string[] | undefined;
    }
  | { readonly kind: "unknown"; readonly why: string; readonly seconds: number };

export type Measured = Extract<ProbeResult, { kind: "measured" }>;

/** `keep`: ids of units kept in higher precision. */
export type Probe = (keep: ReadonlySet<string>, samples: SampleSet) => Promise<ProbeResult>;

/** Some of the ranking samples. */
export interface Slice {
  readonly from: number;
  readonly count: number;
}

/** Probes on samples that choose and prove nothing: calibration data, or a part of the validation samples. Cheap: on the CPU. */
export interface Ranker {
  readonly samples: number;
  /** Its probes cost little beside those that choose (engines): every group is asked about on many samples, one by one. */
  readonly isThorough?: boolean;
  readonly probe: (keep: ReadonlySet<string>, slice: Slice) => Promise<ProbeResult>;
  /** SQNR in dB of the error that each unit adds by itself, by unit id, all in one pass: for models too large to try units one by one. */
  readonly injected?: () => Promise<ReadonlyMap<string, number>>;
}

/** NaN and unknown never pass. */
export const passes = (result: ProbeResult, atLeastDb = 0): boolean =>
  result.kind === "measured" && result.passes && result.marginDb >= atLeastDb;

/** The lower end of the interval meets the limit too. */
export const passesSurely = (result: ProbeResult, atLeastDb = 0): boolean =>
  passes(result, atLeastDb) && result.kind === "measured" && result.lowDb >= atLeastDb;
