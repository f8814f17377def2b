/** What every step of checking a model may use: the settled run, the machine and the clock. Only types. */
import type { ComparedBase } from "../changes/compared-base.ts";
import type { Trust } from "../changes/trust.ts";
import type { ModelEntry, Settings } from "../config/settings.ts";
import type { Effects } from "../effects/effects.ts";
import type { BaselineGap } from "../gate/baseline-limits.ts";
import type { ModelReport } from "../report/schema.ts";

export interface CheckContext {
  readonly effects: Effects;
  readonly settings: Settings;
  readonly version: string;
  /** ISO date in UTC, for waivers. */
  readonly today: string;
  /** Monotonic milliseconds at which the whole run must be over. */
  readonly deadlineMs: number;
  /** Folder that holds only files whose code may run (loaders, task scripts, plugins); the workspace itself where the head is trusted. */
  readonly codeFolder: string;
  readonly trust: Trust;
  /** A checkout's file times say when it was made, not when a file changed. */
  readonly isCheckout: boolean;
  /** Files of the commit that a proposal checks out, relative to the workspace; undefined where the work tree is trusted or there is no git. */
  readonly tracked: ReadonlySet<string> | undefined;
  /** Whether a file of the workspace is as the commit has it that is checked; false without git. */
  readonly isCommitted: (path: string) => Promise<boolean>;
  /** How the base keeps an entry's units that `file` keeps here; `none` also where no base is in this clone. */
  readonly keepAtBase: (entry: ModelEntry, file: string) => Promise<NonNullable<NonNullable<ModelReport["kept"]>["atBase"]>>;
  /** Whether git tracks a file of the workspace; false without git, and where git cannot tell. */
  readonly isTracked: (path: string) => Promise<boolean>;
  /** The commit that figures are compared with, looked for when it is asked for; undefined where there is none in this clone, or none is wanted. */
  readonly base: (entry: ModelEntry) => Promise<BaseOfModel | undefined>;
  /** Reports that may hold the base's figures of a model: what an earlier run left in the report folder, and the one that its entry names. */
  readonly reportsOf: (entry: ModelEntry) => Promise<readonly ModelReport[]>;
  /** Why there is no base, where there is none. */
  readonly baseGap: BaselineGap;
  /** An earlier report of this model, where one lies in the report folder. */
  readonly earlier: ReadonlyMap<string, ModelReport>;
  /** Bytes of engines, and of models made for them, in the report's folder so far; models add to it. */
  readonly engineBytes: { kept: number };
  /** Versions of the tools that ran so far; models add to it. */
  readonly versions: Record<string, string>;
  readonly reportFolder: string;
}

export interface BaseOfModel {
  readonly base: ComparedBase;
  /** The entry with what the base says of keep and quantization: the very entry where it says the same. */
  readonly was: ModelEntry;
}

export interface Stopwatch {
  readonly timings: Record<string, number>;
  time<T>(stage: string, body: () => Promise<T>): Promise<T>;
}

/** Seconds per stage, added up when a stage runs twice. */
export function stopwatch(effects: Effects, label: string): Stopwatch {
  const timings: Record<string, number> = {};
  return {
    timings,
    time: async (stage, body) => {
      effects.log.progress(`${label}: ${stage}`);
      const startMs = effects.clock.monotonicMs();
      try {
        return await body();
      } finally {
        const seconds = (effects.clock.monotonicMs() - startMs) / 1000;
        timings[stage] = Math.round(((timings[stage] ?? 0) + seconds) * 1000) / 1000;
      }
    },
  };
}
