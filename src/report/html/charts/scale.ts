/** Linear scales and round ticks for the charts. All lengths are SVG user units. */

export interface Scale {
  readonly low: number;
  readonly high: number;
  readonly ticks: readonly number[];
  /** Values beyond the ends, and infinite ones, lie on the end; NaN lies on `low`. */
  at(value: number): number;
}

/** Maps `low`..`high` to `from`..`to`; both ends are widened to round ticks. `low` and `high` must be finite; equal ones are set apart by one. */
export function niceScale(low: number, high: number, from: number, to: number, wantedTicks = 5): Scale {
  const span = high > low ? high - low : 1;
  const step = roundStep(span / wantedTicks);
  const first = Math.floor(low / step) * step;
  const last = Math.ceil(Math.max(high, low + span) / step) * step;
  const ticks = Array.from({ length: Math.round((last - first) / step) + 1 }, (_, i) => Number((first + i * step).toPrecision(12)));
  return {
    low: first,
    high: last,
    ticks,
    at: (value) => round(from + ((clamp(value, first, last) - first) / (last - first)) * (to - from)),
  };
}

/** As `niceScale`, but the ends stay where they are and only ticks inside are given: for counted axes. Ticks are whole numbers. */
export function countScale(low: number, high: number, from: number, to: number, wantedTicks = 5): Scale {
  const end = Math.max(high, low + 1);
  const step = Math.max(1, Math.round(roundStep((end - low) / wantedTicks)));
  const first = Math.ceil(low / step) * step;
  const ticks = Array.from({ length: Math.floor((end - first) / step) + 1 }, (_, i) => first + i * step);
  return { low, high: end, ticks, at: (value) => round(from + ((clamp(value, low, end) - low) / (end - low)) * (to - from)) };
}

/** Smallest and largest value within `-most`..`most`, so that a few boundless ones do not flatten the rest; undefined without one. */
export function extent(values: readonly number[], most = Number.MAX_VALUE): readonly [number, number] | undefined {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (!(Math.abs(value) <= most)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return high >= low ? [low, high] : undefined;
}

/** Two decimals are a fiftieth of a pixel: enough, and short. */
export const round = (value: number): number => Math.round(value * 100) / 100;

const clamp = (value: number, low: number, high: number): number => (Number.isNaN(value) ? low : Math.min(high, Math.max(low, value)));

function roundStep(raw: number): number {
  const power = 10 ** Math.floor(Math.log10(raw));
  const factor = [1, 2, 5, 10].find((candidate) => candidate * power >= raw * 0.999) ?? 10;
  return factor * power;
}
