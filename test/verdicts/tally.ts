/** Counts of right and wrong verdicts against labels. */
import type { Judged } from "./judge.ts";

export interface Tally {
  readonly cases: number;
  /** Labelled bad, and the gate says "safe to merge": the worst that can happen. */
  readonly falsePasses: readonly Judged[];
  /** Labelled bad, and the gate passes it with a caveat, which heads it as "not proven safe". */
  readonly qualifiedFalsePasses: readonly Judged[];
  /** Passes with a caveat, whatever the label. */
  readonly qualified: readonly Judged[];
  /** Labelled good, and the gate says regression. */
  readonly falseAlarms: readonly Judged[];
  /** Neither answer, whatever the label. */
  readonly undecided: readonly Judged[];
  readonly good: number;
  readonly bad: number;
  readonly borderline: number;
}

export function tally(judged: readonly Judged[]): Tally {
  const labelled = (label: Judged["label"]) => judged.filter((one) => one.label === label);
  const passes = judged.filter(({ verdict }) => verdict === "pass");
  const isQualified = ({ caveats }: Judged) => caveats.length > 0;
  const falsePasses = passes.filter(({ label }) => label === "bad");
  return {
    cases: judged.length,
    falsePasses: falsePasses.filter((one) => !isQualified(one)),
    qualifiedFalsePasses: falsePasses.filter(isQualified),
    qualified: passes.filter(isQualified),
    falseAlarms: labelled("good").filter(({ verdict }) => verdict === "regression"),
    undecided: judged.filter(({ verdict }) => verdict === "undecided"),
    good: labelled("good").length,
    bad: labelled("bad").length,
    borderline: labelled("borderline").length,
  };
}
