/** The sentences of a search's outcome: the value in the first, the next step in the second. */
import type { OutcomeKind, Proof } from "./outcome.ts";

export interface Told {
  readonly kind: OutcomeKind;
  readonly kept: number;
  readonly of: number;
  /** "units" or "blocks". */
  readonly what: string;
  readonly proof: Proof;
  readonly why?: string;
}

/** `kept` of `of` units or blocks (`what`, in the plural); `why` says more for some kinds. */
export function outcomeMessage({ kind, kept, of, what, proof, why }: Told): string {
  const set = `${kept} of ${of} ${kept === 1 && of === 1 ? what.slice(0, -1) : what}`;
  const again = "Raise search.budget-minutes or search.max-builds and run again: the journal is used.";
  if ((kind === "found" || kind === "prefix") && of > 1 && kept === of)
    return `The limits are met only with all ${of} ${what} in higher precision: that is the model without quantisation, and no fix. Check the samples, calibrate anew, or quantise otherwise.`;
  switch (kind) {
    case "found":
      return `Keeping ${set} in higher precision meets the limits, and without ${kept === 1 ? "it" : "any one of them"} they are not safely met. ${proof.message}`;
    case "prefix":
      return `Keeping the first ${set} of the ranking meets the limits. ${proof.message}`;
    case "diffuse":
      return `The error is diffuse: ${why ?? `${set} would have to be kept`}. The curve of the report says what each number of kept units gives, and \`trt-gate fix report.json --keep N\` makes the fix for any of them; or follow the advice on calibration, scheme or training.`;
    case "nothing-needed":
      return why === undefined
        ? "The plain quantised model passes. There is nothing to keep in higher precision."
        : `The outputs of the plain quantised model meet their limits, but ${why}: the search works on outputs alone. Set limits that these outputs miss, and it has something to search for.`;
    case "not-confirmed":
      return `Keeping ${set} meets the limits only on the samples that it was chosen on. ${proof.message}`;
    case "budget":
      return `The search stopped early: ${why ?? "its budget is spent"}. ${kept > 0 ? `The best set so far keeps ${set}. ${proof.message}` : "No passing set was met yet."} ${again}`;
    case "tool-failing":
      return `The search stopped: ${why ?? "its tool keeps failing"}. Correct what the tool's last lines in the report name, then run again: the journal is used.`;
    case "premise-fails":
      return `The search cannot begin: ${why ?? "its premise does not hold"}.`;
    case "none":
      return `No set was found: ${why ?? "the model has no units"}.`;
  }
}
