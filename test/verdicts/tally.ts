/** Counts of right and wrong verdicts against labels. */
import type { Judged } from "./judge.ts";

export interface Tally {
  readonly cases: number;
  /** Labelled bad, and the gate passes it without saying that it is not certain: the worst that can happen. */
  readonly falsePasses: readonly Judged[];
  /** Labelled bad, and the gate passes it as not certain. */
  readonly unsureFalsePasses: readonly Judged[];
  /** Passes as not certain, whatever the label. */
  readonly unsure: readonly Judged[];
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
  const isUnsure = ({ caveats }: Judged) => caveats.includes("not-certain");
  const falsePasses = passes.filter(({ label }) => label === "bad");
  return {
    cases: judged.length,
    falsePasses: falsePasses.filter((one) => !isUnsure(one)),
    unsureFalsePasses: falsePasses.filter(isUnsure),
    unsure: passes.filter(isUnsure),
    falseAlarms: labelled("good").filter(({ verdict }) => verdict === "regression"),
    undecided: judged.filter(({ verdict }) => verdict === "undecided"),
    good: labelled("good").length,
    bad: labelled("bad").length,
    borderline: labelled("borderline").length,
  };
}
