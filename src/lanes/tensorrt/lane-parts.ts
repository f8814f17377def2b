/** What an engine lane is made of, whichever lane it is: the two lanes differ in nothing else. Only types. */
import type { HeldRange } from "../../model/held-range.ts";
import type { EngineJob } from "../../model/job.ts";
import type { LaneCoverage, LaneName } from "../../model/lane.ts";
import type { Placement } from "../../model/placement.ts";
import type { ReproductionFiles } from "../../model/reproduction.ts";
import type { Assignment } from "../../model/unit.ts";
import type { Network } from "../../onnx/network.ts";
import type { ModelFacts } from "./model-facts.ts";
import type { NetworkFacts } from "./protocol.ts";
import type { Recipe } from "./recipe.ts";
import type { Session, Side } from "./session.ts";

export interface LaneParts {
  readonly lane: LaneName;
  readonly job: EngineJob;
  readonly facts: ModelFacts;
  /** Units whose share in INT8 is counted, where none of them can be searched (default: those of `facts`). */
  readonly countedUnits?: ModelFacts["units"];
  readonly session: Session;
  /** The FP16 engine: the reference, unless the job names another one. */
  readonly reference: Recipe;
  /** The same without FP16. */
  readonly single: Recipe;
  /** The float model, for a reference on the CPU. */
  readonly float: Network;
  /** The engine of an assignment, without marks. */
  candidate(assignment: Assignment): Promise<Recipe>;
  /** The plain candidate, where preparing the lane has built it already. */
  readonly plainSide?: Side;
  /** The plain candidate's network before fusion. */
  readonly network: NetworkFacts;
  readonly coverage: LaneCoverage;
  readonly versions: Readonly<Record<string, string>>;
  readonly cachePath?: string | undefined;
  readonly scales?: ReadonlyMap<string, number> | undefined;
  /** As PreparedLane has it. */
  readonly ranges?: ReadonlyMap<string, HeldRange> | undefined;
  readonly placement?: Placement | undefined;
  /** As PreparedLane has it. */
  readonly device: Readonly<Record<string, string>>;
  /** Uncorrected memory errors of the GPU at the start. */
  readonly eccBefore: number | undefined;
  /** As PreparedLane has it. */
  missingActivations?(): Promise<readonly string[]>;
  reproduce(assignment: Assignment, files?: ReproductionFiles): readonly string[];
  onClose(): Promise<void>;
}
