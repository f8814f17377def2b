/** The levels of a finding and their one order. What gives a finding its level is tensor-findings.ts. */

/** Worst first. A waiver excuses a failure, so it stands before a mere warning. */
export const levels = ["fail", "undecided", "waived", "warn", "pass", "unjudged"] as const;
export type Level = (typeof levels)[number];

/** For sorting, worst first; 0 for the same level. */
export const worseLevel = (a: Level, b: Level): number => levels.indexOf(a) - levels.indexOf(b);
