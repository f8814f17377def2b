/** The calibration samples, or a cache without a scale that moved far, where nothing else changed since the base commit: they are the suspect. */

import { shellLine } from "../../model/shell-word.ts";
import type { Advice } from "../outcome.ts";
import type { AdviceFacts } from "./facts.ts";
import { movedScales } from "./moved-scales.ts";

export const changedFileRule = "changed-file";

/** Undefined where a scale is to be put back, where the base is known to fail, and for a pass that has not fallen. */
export function changedFile(facts: AdviceFacts): Advice | undefined {
  const { changed, accurate } = facts;
  if (changed === undefined || changed.basePassed === false || movedScales(facts) !== undefined) return undefined;
  if (accurate === true && !changed.hasFallen) return undefined;
  const { commit, path, what, basePassed } = changed;
  const command = shellLine(["git", "checkout", commit.slice(0, 12), "--", path]);
  const where = `${commit.slice(0, 7)}${basePassed === true ? ", where the model passed" : ""}`;
  return {
    rule: changedFileRule,
    text: `Only the ${what} changed since ${where}. Where that was not meant, put the former ${what} back first: ${command}.`,
    evidence: { command, what },
  };
}
