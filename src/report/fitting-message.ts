/** A verdict's sentence fitted to what is there: a reason's next step cannot know whether a search ran, or found a fix. */
import { nothingToDo } from "../gate/reasons.ts";
import type { Verdict } from "../gate/verdict.ts";
import type { ModelReport } from "./schema.ts";
import { keepsEverything } from "./sections/fix.ts";
import { shipKept } from "./sections/kept.ts";
import { restoreCommand, restoredFile, restoreText, samplesText } from "./sections/next.ts";

type Fitted = Pick<ModelReport, "verdict" | "message" | "search" | "fix" | "advice" | "kept" | "path" | "quantization">;

const [whole, clause] = ["Take the fix where the search found one, or calibrate anew.", ", and at the fix where the search found one"];

/** The very message where it holds none of the steps that depend on a search. Scales that this change moved are put back before anything else. */
export function fittingMessage(model: Fitted): string {
  const { message, search, fix, advice, verdict } = model;
  const [step, ending] = stepOf(search, fix);
  const back = restoreCommand({ advice });
  const first = samplesText({ advice }) === "" ? step : `Check first how the samples are prepared. Else: ${lowered(step)}`;
  const sentence =
    back === undefined
      ? first
      : `Put the former ${restoredFile({ advice })} back (${back}) where the moved scales were not meant. Else: ${lowered(first)}`;
  const fitted = message.replace(whole, () => sentence).replace(clause, ending);
  // Of a pass: it is one by its kept units alone.
  const left = [...(back === undefined ? [] : [restoreText({ advice })]), ...shipKept(model)];
  if (verdict !== "pass" || left.length === 0) return fitted;
  // A caveat's step stands where nothing would be to do.
  return fitted.includes(nothingToDo) ? fitted.replace(nothingToDo, () => left.join(" ")) : [fitted, ...left].join(" ");
}

const lowered = (step: string): string => `${step.charAt(0).toLowerCase()}${step.slice(1)}`;

/** Nothing can be searched in saved outputs. */
export const forSavedFiles = (verdict: Verdict): Verdict => ({
  ...verdict,
  message: verdict.message.replace(whole, "For the units to keep in higher precision: trt-gate check MODEL.").replace(clause, ""),
});

/** As a sentence, and as the end of one that says where to look. */
function stepOf(search: ModelReport["search"], fix: ModelReport["fix"]): readonly [string, string] {
  if (search === null) return ["Search for the units to keep in higher precision, or calibrate anew.", ""];
  const { length } = search.keep;
  if (keepsEverything(search))
    return ["No set of units smaller than all mends it: calibrate anew.", "; no set of units smaller than all mends it"];
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
