/**
 * The base commit's result, made in the same job on the same device: its own model, cache and data from a worktree, this run's limits.
 * It is something to compare with, never a verdict of its own on the change.
 */
import { NoBaseModelError } from "../changes/commit-folder.ts";
import type { ModelEntry } from "../config/settings.ts";
import { ConfigError, FileError, ToolError } from "../effects/failure.ts";
import type { BaselineGap } from "../gate/baseline-limits.ts";
import type { Measurement } from "../measure/measurement.ts";
import { plainCandidate } from "../model/unit.ts";
import type { CheckContext } from "../prepare/context.ts";
import { prepareModel } from "../prepare/prepare-model.ts";
import { measuredOutputs } from "../report/build.ts";
import type { ModelReport } from "../report/schema.ts";
import { judgeOutputs } from "./outputs.ts";
import { type Suspects, suspects } from "./suspects.ts";

export interface Baseline {
  readonly measurements?: readonly Measurement[];
  readonly report?: NonNullable<ModelReport["baseline"]>;
  /** Why there are no measurements. */
  readonly gap?: BaselineGap;
}

/** Gives no measurements, and says why, where there is no base or its model cannot be run. */
export async function measureBaseline(entry: ModelEntry, context: CheckContext): Promise<Baseline> {
  const { log } = context.effects;
  const without = (gap: BaselineGap): Baseline => {
    log.notice(`${entry.name} has no baseline: ${gap.why}`);
    return { gap };
  };
  try {
    const base = await context.baseFolder(entry);
    if (base === undefined) return without(context.baseGap);
    return await measureIn(entry, base, context);
  } catch (error) {
    if (!(error instanceof ToolError || error instanceof ConfigError || error instanceof FileError)) throw error;
    if (error instanceof ToolError && error.reason === "cancelled") throw error;
    if (error instanceof NoBaseModelError) return without({ kind: "none", why: error.message });
    return without({ kind: "unusable", why: `the base's model could not be run. ${error.message}` });
  }
}

/** How the scales of a cache or of Q/DQ nodes differ from the base commit's where no model of that was run; undefined without a base, or where none moved. */
export async function scalesSinceBase(
  entry: ModelEntry,
  context: CheckContext,
): Promise<({ readonly commit: string } & Pick<Suspects, "scales" | "scalesIn">) | undefined> {
  const base = context.hasBase && holdsScales(entry) ? await baseOf(entry, context) : undefined;
  if (base === undefined) return undefined;
  const { scales, scalesIn } = await suspects(entry, base.folder, context.effects);
  return scales.length === 0 ? undefined : { commit: base.commit, scales, scalesIn };
}

/** Else calibration makes them. */
const holdsScales = ({ quantization }: ModelEntry): boolean =>
  quantization === undefined || quantization.cache !== undefined || quantization.qdq !== undefined;

async function baseOf(entry: ModelEntry, context: CheckContext): Promise<{ folder: string; commit: string } | undefined> {
  try {
    return await context.baseFolder(entry);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    context.effects.log.notice(error.message);
    return undefined;
  }
}

async function measureIn(entry: ModelEntry, base: { folder: string; commit: string }, context: CheckContext): Promise<Baseline> {
  const prepared = await prepareModel({ ...entry, ...entry.base }, base.folder, context);
  try {
    const { lane } = prepared;
    const samples = Array.from({ length: lane.sampleCount }, (_, i) => i);
    const run = await judgeOutputs(
      { entry, lane, seed: context.settings.options.seed, today: context.today, rowsOf: prepared.rowsOf },
      await lane.build(plainCandidate),
      samples,
    );
    const { measurements } = run.measured;
    const { verdict, findings } = run.judgement;
    const { causes, scales } = await suspects(entry, base.folder, context.effects);
    return {
      measurements,
      report: {
        commit: base.commit,
        verdict: verdict.kind,
        message: verdict.message,
        causes: [...causes],
        scales: [...scales],
        outputs: measuredOutputs(measurements, findings, entry.tolerance),
      },
    };
  } finally {
    await prepared.close();
  }
}
