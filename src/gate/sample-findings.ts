/**
 * Samples weigh alike: the share of samples that meet their output's fail limits by themselves, so that a loud one does not hide that the others are lost.
 */
import type { Measurement, SampleFigures } from "../measure/measurement.ts";
import { distanceDb, type MetricName, meets, metricNames, metrics as table } from "../measure/metrics.ts";
import { checkLimits } from "./checks.ts";
import type { JudgedFinding } from "./finding.ts";
import { samplesText } from "./messages.ts";
import type { Limit, Limits, SampleCount } from "./verdict.ts";

const mostNamed = 3;
/** dB of error beyond its own limit from which a sample is ruined: a user would call it broken. The same as for a lost entry. */
const ruinedDb = 10;

/** One finding for an output of at least two samples that have something to lose; none otherwise, nor without a fail limit. */
export function sampleFinding(measurement: Measurement, limits: Limits, limit: Limit): JudgedFinding[] {
  const samples = worseCount(measurement, limits);
  if (samples === undefined) return [];
  const metrics = { samplesWithin: samples.within / samples.counted };
  return checkLimits(metrics, { samplesWithin: limit }, "samples").map(({ value = Number.NaN, warnLimit, ...check }) => ({
    tensor: measurement.tensor,
    ...check,
    value,
    ...(warnLimit === undefined ? {} : { warnLimit }),
    samples,
    // A share that suffices says nothing of how bad the others are.
    level: check.level === "pass" && samples.ruined.length > 0 ? "warn" : check.level,
    reason: check.level === "fail" ? "samples-within" : "within-limits",
    message: samplesText(measurement.tensor, samples, check.level),
  }));
}

/** By rows, or by whole samples where fewer of them are within: nobody knows for certain which of the two is a sample. */
function worseCount({ perSample = [], perFeed = [] }: Measurement, limits: Limits): SampleCount | undefined {
  const counts = [perSample, perFeed].flatMap((figures) => countSamples(figures, limits) ?? []).filter(({ counted }) => counted >= 2);
  return counts.toSorted((a, b) => a.within / a.counted - b.within / b.counted || b.ruined.length - a.ruined.length)[0];
}

/** Samples of zero energy do not count: there is nothing to keep to. Undefined where no fail limit applies to single samples. */
function countSamples(figures: readonly SampleFigures[], limits: Limits): SampleCount | undefined {
  const fails = metricNames.flatMap((name) => {
    const fail = limits[name]?.fail;
    return fail === undefined ? [] : [{ name, fail }];
  });
  const counted = figures.filter(({ isSilent }) => !isSilent);
  if (fails.length === 0 || counted.length === 0) return undefined;
  const nearest = counted.map((figures) => nearestOf(figures, fails));
  const missing = nearest.filter(({ isWithin }) => !isWithin).toSorted((a, b) => a.distanceDb - b.distanceDb);
  return {
    counted: counted.length,
    within: counted.length - missing.length,
    worst: missing.slice(0, mostNamed).map(({ sample, metric, value }) => ({ sample, metric, value })),
    ruined: missing.filter(({ isRuined }) => isRuined).map(({ sample }) => sample),
  };
}

/** The figure of a sample that is nearest to its limit, or farthest beyond it. A figure that the sample does not have holds no sample back. */
function nearestOf({ sample, metrics }: SampleFigures, fails: readonly { readonly name: MetricName; readonly fail: number }[]) {
  const known = fails.flatMap(({ name, fail }) => {
    const value = metrics[name];
    if (value === undefined) return [];
    const distance = distanceDb(name, value, fail);
    return [
      {
        sample,
        metric: name,
        value,
        distanceDb: Number.isNaN(distance) ? Number.NEGATIVE_INFINITY : distance,
        isWithin: meets(name, value, fail),
        // A share of few entries is far from its limit at once: one flipped class of one.
        isRuined: table[name].unit !== "%" && distance < -ruinedDb,
      },
    ];
  });
  const [nearest] = known.toSorted((a, b) => Number(a.isWithin) - Number(b.isWithin) || a.distanceDb - b.distanceDb);
  if (nearest) return { ...nearest, isRuined: known.some(({ isRuined }) => isRuined) };
  return { sample, metric: "sqnrDb" as const, value: Number.NaN, distanceDb: Number.POSITIVE_INFINITY, isWithin: true, isRuined: false };
}
