/** The sentences of a search's outcome: the value in the first, the next step in the second. */
import type { OutcomeKind, ProbeResult } from "./search.ts";

export interface Told {
  readonly kind: OutcomeKind;
  readonly kept: number;
  readonly of: number;
  /** "units" or "blocks". */
  readonly what: string;
  readonly heldOut?: ProbeResult | undefined;
  readonly why?: string;
}

export function outcomeMessage({ kind, kept, of, what, heldOut, why }: Told): string {
  const set = `${kept} of ${of} ${what}`;
  const best =
    kept > 0
      ? `The best set so far keeps ${set}; it is not accepted yet. Raise search.budget-minutes or search.max-builds and run again: the journal is used.`
      : "No passing set was met yet. Raise search.budget-minutes or search.max-builds and run again: the journal is used.";
  switch (kind) {
    case "found":
      return `Keeping ${set} in higher precision passes the held-out samples${figures(heldOut)}. Use the fix that the report holds.`;
    case "prefix":
      return `Keeping the first ${set} of a ranking passes both halves of the samples${figures(heldOut)}; no smaller set is known to hold. More validation samples may show one.`;
    case "diffuse":
      return `The error is diffuse: ${why ?? `${set} would have to be kept`}. A list of layers does not help; follow the advice on calibration, scheme or training.`;
    case "nothing-needed":
      return "The plain quantised model passes on both halves of the samples. There is nothing to keep in higher precision.";
    case "not-confirmed":
      return `Keeping ${set} passed once but fresh builds did not confirm it (${why ?? "they disagree"}). Raise search.max-builds, or loosen the limit: it is near the noise of building.`;
    case "budget":
      return `The search stopped early: ${why ?? "its budget is spent"}. ${best}`;
    case "tool-failing":
      return `The search stopped: ${why ?? "its tool keeps failing"}. Look at the tool's last lines in the report, then run again: the journal is used.`;
    case "premise-fails":
      return `The search cannot begin: ${why ?? "its premise does not hold"}.`;
    case "none":
      return `No set was found: ${why ?? "the model has no units"}.`;
  }
}

function figures(result: ProbeResult | undefined): string {
  if (result?.kind !== "measured") return "";
  return ` (SQNR ${result.sqnrDb.toFixed(1)} dB, ${result.marginDb.toPrecision(3)} beyond the limit)`;
}
