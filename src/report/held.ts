/** What the quantiser of a layer's tensor holds, as the report has it, and in words. */
import { type HeldRange, isSymmetric } from "../model/held-range.ts";
import { fromNum, type MeasuredTensor } from "./schema.ts";

/** Undefined where nothing is known of it. */
export function heldOf(histogram: MeasuredTensor["histogram"]): HeldRange | undefined {
  const { clip, clipLow } = histogram ?? {};
  if (clip === undefined) return undefined;
  const high = fromNum(clip);
  return { low: clipLow === undefined ? -high : fromNum(clipLow), high };
}

/** `±2.5`, `-0.5 to 2`, or one end alone where the other is not the quantiser's. */
export function heldWords(held: HeldRange, digits: (value: number) => number): string {
  if (isSymmetric(held)) return `±${digits(held.high)}`;
  if (!Number.isFinite(held.low)) return `up to ${digits(held.high)}`;
  return Number.isFinite(held.high) ? `${digits(held.low)} to ${digits(held.high)}` : `from ${digits(held.low)} on`;
}
