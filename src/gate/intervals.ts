/** Whether a figure is sure of its side of the limit: its interval over samples, and how many samples would settle it. Makes no verdict. */
import type { Interval } from "../measure/intervals.ts";
import type { Measurement } from "../measure/measurement.ts";
import { distanceDb } from "../measure/metrics.ts";
import { valueText } from "./messages.ts";
import type { Finding } from "./verdict.ts";

/** Of the figure that the finding is about; undefined where it has none (a single sample, an extreme, samples one by one, an entry). */
export function intervalFor({ tensor, of, metric, part, where }: Finding, measurements: readonly Measurement[]): Interval | undefined {
  if (metric === undefined || (of !== "tensor" && of !== "score" && of !== "baseline")) return undefined;
  const whole = measurements.find((one) => one.tensor === tensor && one.role !== "injected");
  const measured = part === undefined ? whole : whole?.parts?.find((one) => one.part?.name === part && one.part.where === where);
  return of === "score" ? measured?.score?.interval?.(metric) : measured?.interval?.(metric);
}

/** Distance to the limit at the interval's worse end, dB of error; NaN without a figure. */
export function worstEndDb({ metric, limit, marginDb = Number.NaN }: Finding, interval: Interval | undefined): number {
  if (metric === undefined || limit === undefined || interval === undefined) return marginDb;
  return Math.min(distanceDb(metric, interval.low, limit), distanceDb(metric, interval.high, limit));
}

export interface Settling {
  readonly interval: Interval;
  /** Samples like these that would narrow the interval to this side of the limit; undefined where the figure lies so near to the limit that `mostTimesSamples` would not do. */
  readonly samples: number | undefined;
}

/** Of fewer than these an interval holds fewer fresh figures than it should (bench/intervals.ts). */
const fewSamples = 32;
/** What it held of them in the bench's models and metrics, fewest and most. */
const heldAtSixteen = "83 to 92 %";
/** More than this many times the samples that are there is no advice: the figure lies on its limit. */
export const mostTimesSamples = 20;

/** Undefined where the limit lies outside the interval: then these samples are enough. */
export function settling(finding: Finding, interval: Interval | undefined, samples: number): Settling | undefined {
  const { metric, limit, marginDb } = finding;
  if (interval === undefined || metric === undefined || limit === undefined || marginDb === undefined || !Number.isFinite(marginDb))
    return undefined;
  if (!(interval.low <= limit && limit <= interval.high)) return undefined;
  const ends = [interval.low, interval.high].map((end) => distanceDb(metric, end, limit));
  const reach = marginDb >= 0 ? marginDb - Math.min(...ends) : Math.max(...ends) - marginDb;
  // An interval narrows with the root of the number of samples.
  const needed = Math.ceil(samples * (reach / Math.abs(marginDb)) ** 2);
  return { interval, samples: Number.isFinite(needed) && needed <= mostTimesSamples * samples ? Math.max(needed, samples + 1) : undefined };
}

/** What an interval from so few samples is worth; empty where there are enough. */
export const roughWords = (samples: number): string =>
  samples < fewSamples
    ? `rough, from ${samples} samples: at 16 it holds ${heldAtSixteen} of fresh figures${samples < 16 ? ", at fewer less" : ""}`
    : "";

/** `now`: samples that were measured. Empty for a finding without a metric. */
export function settlingText(finding: Finding, { interval, samples }: Settling, now: number): string {
  const { metric } = finding;
  if (metric === undefined) return "";
  const range = `${valueText(metric, interval.low)} to ${valueText(metric, interval.high)}`;
  const rough = roughWords(now);
  const few = rough === "" ? "" : ` (${rough})`;
  const advice =
    samples === undefined
      ? "the figure lies on the limit, and more samples would hardly settle it"
      : `about ${samples} samples would settle it (${now} now)`;
  return `The limit lies inside its 90 % interval over samples, ${range}${few}: ${advice}.`;
}
