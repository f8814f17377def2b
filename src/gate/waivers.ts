/** Reviewed exceptions. Which waiver covers a tensor on a given day; whether its entry is well formed is config/'s business. */
import { matchesPattern } from "./pattern.ts";
import type { Waiver } from "./verdict.ts";

/** `today` and `until` are UTC dates, YYYY-MM-DD; the last day is included. An expired waiver, or one without a reason, covers nothing. */
export const waiverFor = (tensor: string, waivers: readonly Waiver[], today: string): Waiver | undefined =>
  validWaivers(waivers, today).find((waiver) => matchesPattern(waiver.tensor, tensor));

/** Those that cover anything on that day. */
export const validWaivers = (waivers: readonly Waiver[], today: string): readonly Waiver[] =>
  waivers.filter((waiver) => isValidOn(waiver, today));

const date = /^\d{4}-\d{2}-\d{2}$/;
const isValidOn = ({ until, reason }: Waiver, today: string): boolean =>
  date.test(until) && date.test(today) && until >= today && reason.trim() !== "";
