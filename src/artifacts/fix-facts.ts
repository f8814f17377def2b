/** What is known of a checked model when the files beside its report are written. Only types. */
import type { ModelEntry } from "../config/settings.ts";
import type { Timed } from "../evaluate/latency.ts";
import type { Decided, Judging } from "../evaluate/outputs.ts";
import type { Engine } from "../model/engine.ts";
import type { CheckContext } from "../prepare/context.ts";
import type { ExportedCache } from "../prepare/exported-cache.ts";
import type { Prepared } from "../prepare/prepare-model.ts";
import type { ModelReport } from "../report/schema.ts";

export interface FixFacts {
  readonly entry: ModelEntry;
  readonly prepared: Prepared;
  readonly context: CheckContext;
  readonly judging: Judging;
  readonly decided: Decided;
  /** Where there is a fix that needs it. */
  readonly own?: ExportedCache;
  /** The engine that the fix was proved on, or chosen on where nothing could be proved. */
  readonly fixed?: Engine;
  /** How fast the engines are. */
  readonly timed: Timed;
  /** What lies in the report's folder of the engines. */
  readonly engines?: NonNullable<ModelReport["engines"]>;
}
