/** What a quantised tensor can hold, and how far values go beyond it. Arithmetic alone. */

/** Smallest and largest number; an end is infinite where it is none of the quantiser's (a Relu or Clip ends there). */
export interface HeldRange {
  readonly low: number;
  readonly high: number;
}

/** Of a scale without zero point, as in calibration caches (amax / 127). */
export const heldByScale = (scale: number): HeldRange => ({ low: -127 * scale, high: 127 * scale });

/** What each tensor's quantiser or scale holds, where a lane knows it. */
export const heldRanges = ({
  ranges,
  scales,
}: {
  readonly ranges?: ReadonlyMap<string, HeldRange> | undefined;
  readonly scales?: ReadonlyMap<string, number> | undefined;
}): ReadonlyMap<string, HeldRange> => ranges ?? new Map([...(scales ?? [])].map(([tensor, scale]) => [tensor, heldByScale(scale)]));

/** True for one that reaches as far on both sides of zero, but for the one step that INT8 has more below. */
export const isSymmetric = ({ low, high }: HeldRange): boolean => Math.abs(low + high) <= 0.01 * high;

export interface Reach {
  /** 1 at the range's end, 2 where values go beyond it by half its width; below 1 within. NaN where nothing is known. */
  readonly ratio: number;
  /** The value that goes farthest, and the end on its side; magnitudes where the range is symmetric. */
  readonly seen: number;
  readonly end: number;
}

/** `min`, `max`: of the values. */
export function reachOf(range: HeldRange, min: number, max: number): Reach {
  const { low, high } = range;
  const ends = [low, high].filter(Number.isFinite);
  const half = ends.length === 2 ? (high - low) / 2 : Math.abs(ends[0] ?? Number.NaN);
  const [over, under] = [max - high, low - min];
  const isAbove = !(under > over);
  const ratio = 1 + (isAbove ? over : under) / half;
  const [seen, end] = isAbove ? [max, high] : [min, low];
  return isSymmetric(range) ? { ratio, seen: Math.abs(seen), end: Math.abs(end) } : { ratio, seen, end };
}
