/** Everything that decides one engine, and the worker's request that builds it. Builds nothing. */
import type { GivenPlan, TensorRtOptions } from "../../model/job.ts";
import type { FeedFiles } from "./feed-files.ts";
import type { KeptLayers } from "./layer-map.ts";

export interface Calibration {
  readonly cache: string;
  readonly calibrator: string;
  /** Given: calibrate from these and write `cache`, which must not exist. */
  readonly samples?: readonly FeedFiles[];
}

export interface Recipe {
  readonly what: string;
  readonly modelPath: string;
  readonly typed: boolean;
  readonly fp16: boolean;
  readonly int8: boolean;
  /** Instead of what the configuration says: an FP32 reference is FP32. */
  readonly tf32?: boolean;
  readonly calibration?: Calibration;
  readonly keep?: KeptLayers;
  readonly marks: readonly string[];
  /** Kernels are timed in a cache of the build's own: it shall show what another build may give. */
  readonly fresh?: boolean;
  /** A plan that was built elsewhere: it is opened, and nothing is built. */
  readonly given?: string;
  /** Where the serialised engine is written; a place of the session's choice without it. */
  readonly plan?: string;
}

/** The recipe of a side whose plan was built elsewhere opens that plan. */
export const asGiven = (recipe: Recipe, plan: GivenPlan | undefined): Recipe =>
  plan === undefined ? recipe : { ...recipe, what: `plan ${plan.shownAs}`, given: plan.path };

export interface BuildPlace {
  /** Names in the worker. */
  readonly network: string;
  readonly engine: string;
  /** Undefined where this level of TensorRT respects none. */
  readonly timingCache: string | undefined;
  /** Where the serialised engine is written; undefined for engines with marks, which nobody ships. */
  readonly plan: string | undefined;
}

/** Body of a `build` request (python/trt_worker/builds.py). */
export function buildBody(recipe: Recipe, place: BuildPlace, tensorrt: TensorRtOptions): Readonly<Record<string, unknown>> {
  const { fp16, int8, calibration, keep, marks } = recipe;
  const { tf32 = tensorrt.tf32 } = recipe;
  const { workspaceMiB, optimizationLevel, noTacticSources, versionCompatible, dlaCore } = tensorrt;
  return {
    ...place,
    fp16,
    int8,
    calibration,
    keep,
    marks,
    tf32,
    workspaceBytes: workspaceMiB === undefined ? undefined : workspaceMiB * 2 ** 20,
    optimizationLevel,
    noTacticSources,
    versionCompatible,
    dlaCore,
  };
}
