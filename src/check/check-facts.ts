/** Everything known of one model at the end of its check. Only types. */
import type { ModelEntry } from "../config/settings.ts";
import type { Evidence } from "../gate/evidence.ts";
import type { Finding, Verdict } from "../gate/verdict.ts";
import type { Harm } from "../measure/harm/task-harm.ts";
import type { Engine } from "../model/engine.ts";
import type { ModelReport } from "../report/schema.ts";
import type { SearchOutcome } from "../search/outcome.ts";
import type { Baseline } from "./baseline.ts";
import type { BuilderVerdict } from "./builder-check.ts";
import type { CheckContext } from "./context.ts";
import type { ExportedCache } from "./exported-cache.ts";
import type { Localised } from "./layers.ts";
import type { Decided, Judging } from "./outputs.ts";
import type { Prepared } from "./prepare.ts";
import type { Searched } from "./search.ts";
import type { TaskResult } from "./task.ts";

export interface CheckFacts {
  readonly entry: ModelEntry;
  readonly prepared: Prepared;
  readonly context: CheckContext;
  readonly judging: Judging;
  readonly decided: Decided;
  readonly verdict: Verdict;
  readonly evidence: Evidence;
  readonly harm: readonly Harm[];
  readonly findings: readonly Finding[];
  readonly localised?: Localised;
  readonly searched?: Searched;
  readonly outcome?: SearchOutcome;
  readonly baseline?: Baseline;
  readonly task?: TaskResult;
  /** Where NVIDIA's builder is installed. */
  readonly builder?: BuilderVerdict;
  /** Where there is a fix that needs it. */
  readonly own?: ExportedCache;
  readonly half?: NonNullable<ModelReport["half"]>;
  /** The engine that the fix was proved on, or chosen on where nothing could be proved. */
  readonly fixed?: Engine;
  /** What lies in the report's folder of the engines. */
  readonly engines?: NonNullable<ModelReport["engines"]>;
  readonly fix?: NonNullable<ModelReport["fix"]>;
}
