/**
 * One figure against one limit. Knows no tensor roles, waivers or verdicts.
 */
import { distanceDb, type MetricName, type Metrics, marginOf, meets, metricNames, metrics as table } from "../measure/metrics.ts";
import type { Level } from "./levels.ts";
import type { Finding, Limit, Limits } from "./verdict.ts";

export interface Check extends Pick<Finding, "of"> {
  readonly metric: MetricName;
  readonly level: Extract<Level, "pass" | "warn" | "fail" | "undecided">;
  /** Undefined where the tensor has no such metric. */
  readonly value: number | undefined;
  /** The fail limit; the warn limit where there is no other. */
  readonly limit: number;
  /** Undefined where the fail limit says the same: only a limit that cannot fail the gate is both. */
  readonly warnLimit: number | undefined;
  /** To `limit`, in the metric's own unit, negative beyond it. NaN where the value is. */
  readonly margin: number;
  /** The same in dB of error. */
  readonly marginDb: number;
}

/** Every limit that is set, against the metrics. Without any limit: no checks. */
export function checkLimits(metrics: Metrics, limits: Limits, of: Finding["of"]): Check[] {
  return limitEntries(limits).flatMap(([metric, limit]) => checkLimit(metric, metrics[metric], limit, of));
}

function checkLimit(metric: MetricName, value: number | undefined, { fail, warn }: Limit, of: Finding["of"]): Check[] {
  const limit = fail ?? warn;
  if (limit === undefined) return [];
  const known = value ?? Number.NaN;
  const check = {
    of,
    metric,
    value,
    limit,
    warnLimit: warn === fail ? undefined : warn,
    margin: marginOf(metric, known, limit),
    marginDb: distanceDb(metric, known, limit),
  };
  if (value === undefined || Number.isNaN(value)) return [{ ...check, level: "undecided" }];
  if (fail !== undefined && !meets(metric, value, fail)) return [{ ...check, level: "fail" }];
  if (warn !== undefined && !meets(metric, value, warn)) return [{ ...check, level: "warn" }];
  return [{ ...check, level: "pass" }];
}

/**
 * Loss against the baseline's figures: a check's `limit` is the worst value that the drop allows.
 * A metric that the baseline lacks, or has as NaN, is not checked: the limits still are.
 */
export function checkDrops(
  metrics: Metrics,
  baseline: Metrics,
  drops: Readonly<Partial<Record<MetricName, { readonly drop: number }>>>,
): Check[] {
  return limitEntries(drops).flatMap(([metric, { drop }]): Check[] => {
    const before = baseline[metric];
    if (before === undefined || Number.isNaN(before)) return [];
    const limit = table[metric].direction === "higher" ? before - drop : before + drop;
    return checkLimit(metric, metrics[metric], { fail: limit }, "baseline");
  });
}

/** Entries keyed by metric, in the order of the metric table, without the absent ones. */
function limitEntries<T>(entries: Readonly<Partial<Record<MetricName, T>>>): [MetricName, T][] {
  return metricNames.flatMap((name): [MetricName, T][] => {
    const entry = entries[name];
    return entry === undefined ? [] : [[name, entry]];
  });
}
