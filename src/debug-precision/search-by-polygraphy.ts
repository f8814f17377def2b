/**
 * `search.method: bisect | linear`: Polygraphy's own search on real engines, with a check of ours that tells bad accuracy from a failed tool.
 * What it answers is a proposal like any other: proved afterwards.
 */
import type { Settings } from "../config/settings.ts";
import type { Effects } from "../effects/effects.ts";
import { polygraphyOptions } from "../model/build-options.ts";
import type { EngineJob } from "../model/job.ts";
import type { PreparedLane } from "../model/lane.ts";
import type { SearchOutcome } from "../search/outcome.ts";
import { notAsked } from "../search/proof.ts";
import { checkScript, debugPrecisionArgs } from "./command.ts";
import { type DebugPrecisionOutcome, readDebugPrecision } from "./result.ts";
import { type DebugPrecisionRequests, runDebugPrecision, writeDebugPrecision } from "./run.ts";

interface Prepared {
  readonly lane: PreparedLane;
  readonly job: EngineJob;
}

export interface PolygraphySearch {
  readonly settings: Pick<Settings, "search" | "options">;
  readonly effects: Effects;
  /** Monotonic milliseconds at which the whole run must be over. */
  readonly deadlineMs: number;
}

/** `judge`: as `runDebugPrecision` asks it, of all validation samples. */
export async function searchByPolygraphy(
  prepared: Prepared,
  judge: DebugPrecisionRequests["judge"],
  mode: "bisect" | "linear",
  context: PolygraphySearch,
): Promise<DebugPrecisionOutcome> {
  const { lane, job } = prepared;
  const { search, options } = context.settings;
  const { cachePath } = lane;
  if (lane.lane !== "implicit" || cachePath === undefined) {
    return { outcome: notHere(prepared, mode, options.seed), layersMarked: undefined, layersTotal: undefined };
  }
  const files = await writeDebugPrecision(cachePath, job, checkScript);
  const args = debugPrecisionArgs({
    model: job.modelPath,
    mode,
    direction: search.direction,
    precision: search.precision,
    cachePath: files.cache,
    calibrator: files.calibrator,
    shapes: lane.profile ?? job.shapes,
    builder: polygraphyOptions(job.tensorrt),
    timingCache: lane.timingCachePath,
    check: { ...files, gate: process.pid },
    artifactsFolder: files.artifactsFolder,
  });
  const timeoutMs = Math.max(1000, Math.min(search.budgetMinutes * 60_000, context.deadlineMs - context.effects.clock.monotonicMs()));
  const left = await runDebugPrecision(args, files, job, { judge, device: lane.device ?? {}, timeoutMs });
  return readDebugPrecision({
    ...left,
    direction: search.direction,
    mode,
    units: lane.units,
    layerNames: lane.networkLayers ?? [],
    seed: options.seed,
  });
}

const notHere = ({ lane }: Prepared, mode: "bisect" | "linear", seed: number): SearchOutcome => ({
  kind: "none",
  method: mode,
  message: `\`${mode}\` runs polygraphy debug precision, which needs engines of the implicit lane; this model was checked in the ${lane.lane} lane. Use search.method: ranked.`,
  units: lane.units,
  rankings: [],
  probes: [],
  prefix: [],
  keep: [],
  oneMinimal: false,
  proof: notAsked("Nothing was searched."),
  advice: [],
  builds: 0,
  seconds: 0,
  seed,
});
