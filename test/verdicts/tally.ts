/** Counts of right and wrong verdicts against labels. */
import type { Judged } from "./judge.ts";

export interface Tally {
  readonly cases: number;
  /** Labelled bad, and the gate says pass: the worst that can happen. */
  readonly falsePasses: readonly Judged[];
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
  return {
    cases: judged.length,
    falsePasses: labelled("bad").filter(({ verdict }) => verdict === "pass"),
    falseAlarms: labelled("good").filter(({ verdict }) => verdict === "regression"),
    undecided: judged.filter(({ verdict }) => verdict === "undecided"),
    good: labelled("good").length,
    bad: labelled("bad").length,
    borderline: labelled("borderline").length,
  };
}
