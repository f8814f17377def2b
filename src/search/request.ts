/** What a search is asked with. Only types. */
import type { Clock } from "../effects/effects.ts";
import type { Unit } from "../model/unit.ts";
import type { SampleCounts } from "./outcome.ts";
import type { Probe, ProbeResult, Ranker } from "./probe.ts";

/** Another way to quantise the whole model, tried when the error is diffuse. Simulated, also where engines decide. */
export interface Scheme {
  readonly name: string;
  /** All units quantised by this scheme, judged by the same limits on the samples that choose. */
  readonly probeEmpty: () => Promise<ProbeResult>;
}

/** Units of one kind that often quantise badly: tried as a whole when the error is diffuse. */
export interface Family {
  readonly name: string;
  readonly units: readonly string[];
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
  /** Absent: units are ranked by what is known without trying them. */
  readonly ranker?: Ranker;
  readonly samples: SampleCounts;
  /** The plain model on all samples, where it is known; else it is asked. */
  readonly plain?: ProbeResult;
  /** What fails though the outputs meet their limits, as a clause; absent where nothing else is known to fail. */
  readonly failsElsewhere?: string | undefined;
  /** Units kept by an earlier proved fix of the same model. */
  readonly history?: readonly string[];
  readonly group?: "unit" | "block";
  readonly seed: number;
  readonly budgetMs: number;
  /** Sets given to `probe`, each counted once. `Infinity` where a probe builds no engine. The empty set counts as already built. */
  readonly maxBuilds: number;
  readonly clock: Pick<Clock, "monotonicMs">;
  readonly journal?: Journal;
  /** Hash over everything that decides a probe: model, quantisation, data, limits, version of the gate. */
  readonly inputsHash?: string;
  readonly progress?: (stage: string) => void;
  readonly notice?: (text: string) => void;
  readonly schemes?: readonly Scheme[];
  /** The model as it is, simulated: what schemes are held against where engines decide. */
  readonly simulatedPlain?: Scheme;
  readonly families?: readonly Family[];
  /** Quantisers of the model that no unit holds: their error stays with every unit kept. */
  readonly heldByNoUnit?: readonly string[];
  /** Compute nodes inside bodies of If, Loop and Scan that stay quantised with every unit kept: they are no units. */
  readonly heldInBodies?: readonly string[];
  readonly cancelled: AbortSignal;
}
