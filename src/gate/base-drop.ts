/** When a figure that meets its limit fell far since the base commit. Decides nothing: `tolerance.baseline` does, where it is set. */

/** Of quantities and of their scores SQNR, of indices the share of equal entries. */
export type DropMetric = "sqnrDb" | "agreement";

/** Twice the error. */
const largeDb = 6;
/** An error below a hundredth of the signal, or one entry in a hundred, is no large one, whatever it was before. */
const smallErrorDb = 40;
const smallShare = 0.01;

/** The error is at least twice that of the base and more than a hundredth. False where one of both is NaN. */
export function isLargeDrop(metric: DropMetric, before: number, now: number): boolean {
  if (metric === "agreement") return 1 - now > smallShare && 1 - now >= 2 * (1 - before);
  return now < smallErrorDb && before - now >= largeDb;
}

/** By how many dB the error grew, the base's counted as a hundredth at least, so that drops of either metric can be ranked. */
export function growthDb(metric: DropMetric, before: number, now: number): number {
  if (metric === "sqnrDb") return Math.min(before, smallErrorDb) - now;
  return 20 * Math.log10((1 - now) / Math.max(1 - before, smallShare));
}
