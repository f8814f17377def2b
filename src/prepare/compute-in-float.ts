/** What it means for a verdict that compute nodes stayed in float: those inside bodies of If, Loop and Scan, and kinds that the gate does not quantise. */
import { type Caveat, caveats } from "../gate/caveats.ts";
import { reasonOf } from "../gate/reasons.ts";
import type { Verdict } from "../gate/verdict.ts";
import type { LaneCoverage, PreparedLane } from "../model/lane.ts";

const named = 3;

/** A pass is undecided where at least half of the compute nodes are such: the figure is that of a float model. Other verdicts stand. */
export function withComputeInFloat(verdict: Verdict, coverage: LaneCoverage): Verdict {
  const { bodies, kinds, totalUnits } = inFloat(coverage);
  const isMost = (count: number) => count > 0 && count * 2 >= totalUnits;
  if (verdict.kind !== "pass" || !isMost(bodies.length + kinds.length)) return verdict;
  const reason = bodies.length >= kinds.length ? "compute-in-bodies" : "compute-in-float";
  const { kind, next } = reasonOf(reason);
  const what = [
    ...(bodies.length > 0 ? [`${inBodies(bodies, totalUnits)} and stayed in float (${list(bodies)})`] : []),
    ...(kinds.length > 0 ? [`${ofKinds(kinds, totalUnits)} and stayed in float (${list(kinds)})`] : []),
  ];
  return { kind, reason, message: `${what.join("; ")}: what quantisation does to them is not known. ${next}` };
}

/** Where there are fewer a verdict stands, and says that they are there. Kinds that a Q/DQ file leaves in float are so in its engine too. */
export function computeCaveats({ coverage, lane, scales }: Pick<PreparedLane, "coverage" | "lane" | "scales">): Caveat[] {
  const { bodies, kinds, totalUnits } = inFloat(coverage);
  if ((bodies.length + kinds.length) * 2 >= totalUnits) return [];
  const isEngineLikewise = lane === "explicit" || (lane === "simulate" && scales === undefined);
  return [
    ...(bodies.length === 0 ? [] : [caveat("bodies-in-float", `${inBodies(bodies, totalUnits)} and stayed in float (${list(bodies)})`)]),
    ...(kinds.length === 0 || isEngineLikewise
      ? []
      : [caveat("kinds-in-float", `${ofKinds(kinds, totalUnits)} and stayed in float (${list(kinds)})`)]),
  ];
}

const inFloat = ({ bodies, floatKinds, totalUnits }: LaneCoverage) => ({
  bodies: bodies?.float ?? [],
  kinds: floatKinds ?? [],
  totalUnits,
});

const inBodies = (names: readonly string[], total: number): string =>
  `${names.length} of ${total} compute nodes ${names.length === 1 ? "lies inside a body" : "lie inside bodies"} of If, Loop or Scan`;
const ofKinds = (names: readonly string[], total: number): string =>
  `${names.length} of ${total} compute nodes ${names.length === 1 ? "is of a kind" : "are of kinds"} that the gate does not quantise`;

const caveat = (reason: "bodies-in-float" | "kinds-in-float", what: string): Caveat => ({
  reason,
  message: `${what}. ${caveats[reason].next}`,
});

const list = (names: readonly string[]): string =>
  `${names.slice(0, named).join("; ")}${names.length > named ? `; and ${names.length - named} more` : ""}`;
