/** What it means for a verdict that compute nodes inside bodies of If, Loop and Scan stayed in float. */
import { type Caveat, caveats } from "../gate/caveats.ts";
import { reasonOf } from "../gate/reasons.ts";
import type { Verdict } from "../gate/verdict.ts";
import type { LaneCoverage } from "../model/lane.ts";

const named = 3;

/** A pass is undecided where at least half of the compute nodes are such: the figure is that of a float model. Other verdicts stand. */
export function withBodies(verdict: Verdict, { bodies, totalUnits }: LaneCoverage): Verdict {
  const float = bodies?.float ?? [];
  if (verdict.kind !== "pass" || float.length === 0 || float.length * 2 < totalUnits) return verdict;
  const { kind, next } = reasonOf("compute-in-bodies");
  return {
    kind,
    reason: "compute-in-bodies",
    message: `${float.length} of ${totalUnits} compute nodes lie inside bodies of If, Loop or Scan and stayed in float (${list(float)}): what INT8 does to them is not known. ${next}`,
  };
}

/** Where there are fewer a verdict stands, and says that they are there. */
export function bodyCaveats({ bodies, totalUnits }: LaneCoverage): Caveat[] {
  const float = bodies?.float ?? [];
  if (float.length === 0 || float.length * 2 >= totalUnits) return [];
  const message = `${float.length} of ${totalUnits} compute nodes lie inside bodies of If, Loop or Scan and stayed in float (${list(float)}). ${caveats["bodies-in-float"].next}`;
  return [{ reason: "bodies-in-float", message }];
}

const list = (names: readonly string[]): string =>
  `${names.slice(0, named).join("; ")}${names.length > named ? `; and ${names.length - named} more` : ""}`;
