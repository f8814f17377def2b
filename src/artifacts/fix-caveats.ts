/** What a proof by limits does not say of a fix: the caveats, or the verdict, that a check with the same units kept would give. Builds nothing. */
import { ToolError } from "../effects/failure.ts";
import { baselineFacts, type JudgedRun, type Judging, judgeOutputs } from "../evaluate/outputs.ts";
import { baselineCaveat, withBaselineLimits } from "../gate/baseline-limits.ts";
import { type Caveat, findingCaveats } from "../gate/caveats.ts";
import { doubtCaveat, doubtOf, withCertainty } from "../gate/certainty.ts";
import type { Engine } from "../model/engine.ts";

/** Reasons with their sentences; of a fix that all samples together do not pass the verdict's own reason. */
export interface FixCaveat {
  readonly reason: string;
  readonly message: string;
}

/**
 * Runs the fixed engine once over all validation samples, of which the proof saw a part. Empty where they pass without a caveat; where a tool fails, what
 * the proof's own samples (`proofRun`) say.
 */
export async function fixCaveats(judging: Judging, fixed: Engine, proofRun: JudgedRun | undefined): Promise<readonly FixCaveat[]> {
  const all = Array.from({ length: judging.lane.sampleCount }, (_, i) => i);
  try {
    return caveatsOf(judging, await judgeOutputs(judging, fixed, all));
  } catch (error) {
    if (!(error instanceof ToolError) || error.reason === "cancelled" || error.reason === "disk-full") throw error;
    return proofRun === undefined ? [] : caveatsOf(judging, proofRun);
  }
}

function caveatsOf(judging: Judging, run: JudgedRun): readonly (Caveat | FixCaveat)[] {
  const { entry, today } = judging;
  const { judgement, measured } = run;
  const { findings } = judgement;
  const base = baselineFacts(judging, run);
  const doubt = doubtOf(findings, measured.measurements, { waivers: entry.waivers, today, cap: entry.validation?.maxSamples });
  const { kind, reason, message } = withCertainty(withBaselineLimits(judgement.verdict, base), doubt);
  if (kind !== "pass") return [{ reason, message: `on all samples it is ${kind === "regression" ? "a regression" : kind}: ${message}` }];
  const noBaseline = baselineCaveat(base);
  return [...(noBaseline ? [noBaseline] : []), ...(doubt ? [doubtCaveat(doubt)] : []), ...findingCaveats(findings)];
}
