/** A verdict's sentence fitted to what is there: a reason's next step cannot know whether a search ran, or found a fix. */
import { settlingRegression } from "../gate/certainty.ts";
import { mendingStep, nothingToDo, reasonOf } from "../gate/reasons.ts";
import type { Verdict } from "../gate/verdict.ts";
import type { ModelReport } from "./schema.ts";
import { keepsEverything } from "./sections/fix.ts";
import { shipKept } from "./sections/kept.ts";
import {
  areMadeUp,
  calibrationStep,
  renewalOf,
  restoreCommand,
  restoredFile,
  restoreText,
  samplesText,
  unmeantWords,
} from "./sections/next.ts";
import { decidingRow } from "./sections/outputs.ts";

/** The message with the step that fits instead of `mendingStep`. Scales that this change moved are put back before anything else. `cap`: at most so many samples are used. */
export function fittingMessage(model: ModelReport, cap?: number): string {
  const { message, advice, verdict } = model;
  const fitted = withStep(message, model, cap);
  // Of a pass: it is one by its kept units alone.
  const left = [...(model.kept === undefined ? [] : [restoreText({ advice })]), ...shipKept(model)].filter((words) => words !== "");
  if (verdict !== "pass") return fitted;
  // Advice stands beside the message: then there is something to do.
  if (left.length === 0) return advice.length === 0 ? fitted : fitted.replace(` ${nothingToDo}`, "");
  // A caveat's step stands where nothing would be to do.
  return fitted.includes(nothingToDo) ? fitted.replace(nothingToDo, () => left.join(" ")) : [fitted, ...left].join(" ");
}

/** What settles a regression whose limit lies inside its figure's interval, where the search proved no fix and nothing else that it tried passes; else undefined. */
export function stepThatSettles(model: ModelReport, cap?: number): string | undefined {
  const { verdict, search, fix, advice, outputs } = model;
  if (verdict !== "regression" || search === null || fix?.verified?.passes === true) return undefined;
  const row = decidingRow(model);
  if (row?.level !== "fail" || row.interval?.holdsLimit !== true || advice.some(({ evidence }) => evidence.passes === "yes"))
    return undefined;
  const samples = outputs.find(({ tensor }) => tensor === row.output)?.samples ?? 0;
  return settlingRegression(row.interval.settledBy, { samples, cap });
}

/** The step of a reason as it fits. */
export const fittingStep = (model: ModelReport): string => withStep(reasonOf(model.reason).next, model);

function withStep(text: string, model: ModelReport, cap?: number): string {
  const { search, fix, advice } = model;
  const step = stepThatSettles(model, cap) ?? stepOf(search, fix, calibrationStep({ advice }));
  const back = restoreCommand({ advice });
  const samples = areMadeUp({ advice }) ? "Give real samples first." : "Check first how the samples are prepared.";
  const first = samplesText({ advice }) === "" ? step : `${samples} Else: ${lowered(step)}`;
  const sentence =
    back === undefined
      ? first
      : `Put the former ${restoredFile({ advice })} back (${back}) where the ${unmeantWords({ advice })} were not meant. Else: ${lowered(first)}`;
  const stale = renewalOf({ advice });
  return text.replace(mendingStep, () =>
    stale?.isJudged === true
      ? `Calibrate anew first (${stale.command}): ${stale.why}. Else: ${lowered(sentence).replace(", or calibrate anew.", ".")}`
      : sentence,
  );
}

const lowered = (step: string): string => `${step.charAt(0).toLowerCase()}${step.slice(1)}`;

/** Nothing can be searched in saved outputs. */
export const forSavedFiles = (verdict: Verdict): Verdict => ({
  ...verdict,
  message: verdict.message.replace(mendingStep, "For the units to keep in higher precision: trt-gate check MODEL."),
});

/** `calibrate`: a clause. */
function stepOf(search: ModelReport["search"], fix: ModelReport["fix"], calibrate: string): string {
  if (search === null) return `Search for the units to keep in higher precision, or ${calibrate}.`;
  const { length } = search.keep;
  if (keepsEverything(search)) return `No set of units smaller than all mends it: ${calibrate}.`;
  if (length === 0) return `The search found no units whose higher precision mends it: ${calibrate}.`;
  const units = length === 1 ? "one unit" : `${length} units`;
  if (fix?.verified?.passes === true) return `Take the fix that keeps ${units}, or ${calibrate}.`;
  return `The search would keep ${units}, which is not proved to be enough: give it more samples, or ${calibrate}.`;
}
