/** The figures of a user's own metric as people read them: one rounding for both sides, their difference and its limit. */

interface TaskFigures {
  readonly reference: number;
  readonly candidate: number;
  /** reference - candidate. */
  readonly drop: number;
  readonly maxDrop: number;
}

export type TaskWords = { readonly [key in keyof TaskFigures | "margin"]: string };

/**
 * Four significant digits of the larger side, fewer at the end where they are zeros, and more where the drop would stand on the other side of its limit, or on it, or be
 * zero while it is not. The limit is written as its author wrote it.
 */
export function taskWords({ reference, candidate, drop, maxDrop }: TaskFigures): TaskWords {
  const margin = maxDrop - drop;
  const [least, most] = [leastPlaces(Math.max(Math.abs(reference), Math.abs(candidate))), 12];
  const isTrue = (places: number) =>
    Math.sign(maxDrop - rounded(drop, places)) === Math.sign(margin) &&
    Math.sign(rounded(drop, places)) === Math.sign(drop) &&
    Math.sign(rounded(margin, places)) === Math.sign(margin);
  const places = Array.from({ length: most - least }, (_, i) => least + i).find(isTrue) ?? most;
  const text = (value: number): string => String(rounded(value, places)).replace("-", "−");
  return {
    reference: text(reference),
    candidate: text(candidate),
    drop: text(drop),
    maxDrop: String(maxDrop),
    margin: margin < 0 ? text(margin) : `+${text(margin)}`,
  };
}

const rounded = (value: number, places: number): number => Number(value.toFixed(places));

/** Decimal places; at most 11. Zero and what is no number have three. */
const leastPlaces = (size: number): number =>
  size > 0 && Number.isFinite(size) ? Math.min(11, Math.max(0, 3 - Math.floor(Math.log10(size)))) : 3;
