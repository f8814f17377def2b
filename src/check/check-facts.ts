/** Everything known of one model at the end of its check. Only types. */
import type { FixFacts } from "../artifacts/fix-facts.ts";
import type { Baseline } from "../evaluate/baseline.ts";
import type { BuilderVerdict } from "../evaluate/builder-check.ts";
import type { Localised } from "../evaluate/layers.ts";
import type { TaskResult } from "../evaluate/task.ts";
import type { Doubt } from "../gate/certainty.ts";
import type { Evidence } from "../gate/evidence.ts";
import type { Finding, Verdict } from "../gate/verdict.ts";
import type { Harm } from "../measure/harm/task-harm.ts";
import type { Searched } from "../probes/search.ts";
import type { ModelReport } from "../report/schema.ts";
import type { SearchOutcome } from "../search/outcome.ts";

export interface CheckFacts extends FixFacts {
  readonly verdict: Verdict;
  readonly evidence: Evidence;
  /** What is least sure of its limit among what passes. */
  readonly doubt?: Doubt;
  readonly harm: readonly Harm[];
  readonly findings: readonly Finding[];
  readonly localised?: Localised;
  readonly searched?: Searched;
  readonly outcome?: SearchOutcome;
  readonly baseline?: Baseline;
  /** Hash of what the figures rest on (evaluate/inputs-digest.ts). */
  readonly inputsSha256?: string;
  readonly task?: TaskResult;
  /** Where NVIDIA's builder is installed. */
  readonly builder?: BuilderVerdict;
  readonly half?: NonNullable<ModelReport["half"]>;
  readonly fix?: NonNullable<ModelReport["fix"]>;
}
