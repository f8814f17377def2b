/** A verdict's sentence fitted to what is there: a reason's next step cannot know whether a search ran, or found a fix. */
import { nothingToDo } from "../gate/reasons.ts";
import type { Verdict } from "../gate/verdict.ts";
import type { ModelReport } from "./schema.ts";
import { restoreCommand, restoreText } from "./sections/next.ts";

const [whole, clause] = ["Take the fix where the search found one, or calibrate anew.", ", and at the fix where the search found one"];

/** The very message where it holds none of the steps that depend on a search. Scales that this change moved are put back before anything else. */
export function fittingMessage({ message, search, fix, advice }: Pick<ModelReport, "message" | "search" | "fix" | "advice">): string {
  const [step, ending] = stepOf(search, fix);
  const back = restoreCommand({ advice });
  const sentence =
    back === undefined
      ? step
      : `Put the former calibration cache back (${back}) where the moved scales were not meant. Else: ${step.charAt(0).toLowerCase()}${step.slice(1)}`;
  const fitted = message.replace(whole, () => sentence).replace(clause, ending);
  // Of a pass: it is one by its kept units alone.
  return back === undefined ? fitted : fitted.replace(nothingToDo, () => restoreText({ advice }));
}

/** Nothing can be searched in saved outputs. */
export const forSavedFiles = (verdict: Verdict): Verdict => ({
  ...verdict,
  message: verdict.message.replace(whole, "For the units to keep in higher precision: trt-gate check MODEL.").replace(clause, ""),
});

/** As a sentence, and as the end of one that says where to look. */
function stepOf(search: ModelReport["search"], fix: ModelReport["fix"]): readonly [string, string] {
  if (search === null) return ["Search for the units to keep in higher precision, or calibrate anew.", ""];
  const { length } = search.keep;
  if (length === 0) {
    const none = "he search found no units whose higher precision mends it";
    return [`T${none}: calibrate anew.`, `; t${none}`];
  }
  const units = length === 1 ? "one unit" : `${length} units`;
  if (fix?.verified?.passes === true)
    return [`Take the fix that keeps ${units}, or calibrate anew.`, `, and at the fix that keeps ${units}`];
  return [
    `The search would keep ${units}, which is not proved to be enough: calibrate anew, or give it more samples.`,
    `, and at the ${length === 1 ? "unit" : units} that the search would keep, which is not proved to be enough`,
  ];
}
