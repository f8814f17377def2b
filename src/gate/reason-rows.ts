/** The reason table and the failure classes as rows of text, for docs/verdicts.md. */
import { caveats } from "./caveats.ts";
import { failureClasses, reasons } from "./reasons.ts";

/** Header first. Verdicts in the order pass, regression, undecided. */
export const reasonRows = (): string[][] => [
  ["reason", "verdict", "exit", "what happened", "what to do"],
  ...Object.entries(reasons).map(([code, { kind, exit, sentence, next }]) => [`\`${code}\``, kind, String(exit), sentence, next]),
];

/** The first row is the head. */
export const failureRows = (): string[][] => [
  ["failure", "who acts", "exit"],
  ...failureClasses.map(({ failure, who, exit }) => [failure, who, String(exit)]),
];

/** The first row is the head. */
export const caveatRows = (): string[][] => [
  ["caveat", "what the figures do not say", "what to do"],
  ...Object.entries(caveats).map(([code, { sentence, next }]) => [`\`${code}\``, sentence, next]),
];
