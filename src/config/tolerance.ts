/**
 * Tolerances as the gate reads them, from the configuration or from `--tolerance`. Owns the default limits and each metric's direction
 * as far as `warn` needs it. Judging is gate/.
 */
import { ConfigError } from "../effects/failure.ts";
import type { Limits, Tolerance } from "../gate/verdict.ts";
import type { MetricName } from "../measure/measurement.ts";
import { camelKeys, toCamel, toKebab } from "./case.ts";
import { didYouMean } from "./nearest.ts";
import { type LimitsConfig, limitsSchema, type ToleranceConfig, toleranceSchema } from "./tolerance-schema.ts";

/** Used where no metric of outputs is configured (design 3.2). */
export const defaultLimits: Limits = { sqnrDb: { fail: 20 }, cosine: { fail: 0.997 } };

const metricKeys = Object.keys(limitsSchema.shape);
const lowerIsBetter: ReadonlySet<string> = new Set<MetricName>(["maxAbs", "meanAbs", "maxRel", "meanRel"]);

/** Kebab-case names of the metrics that can carry a limit. */
export const limitNames: readonly string[] = metricKeys;

/** A checked `tolerance:` block as the gate reads it. Setting any metric replaces both default limits. */
export function readTolerance(config: ToleranceConfig): Tolerance {
  const { score, tensors, baseline, minCoverage, topK, atol, rtol, guardDb, ...metrics } = camelKeys(config);
  const limits = definedLimits(metrics);
  return {
    limits: Object.keys(limits).length === 0 ? defaultLimits : limits,
    score: definedLimits(camelKeys(score)),
    tensors: Object.entries(tensors).map(([pattern, block]) => ({ pattern, limits: definedLimits(camelKeys(block)) })),
    baseline: Object.fromEntries(Object.entries(camelKeys(baseline)).filter(([, drop]) => drop !== undefined)),
    minCoverage,
    topK,
    atol,
    rtol,
    guardDb,
  };
}

/** What `tolerance:` gives when it is left out. */
export const defaultTolerance = (): Tolerance => readTolerance(toleranceSchema.parse({}));

/** `sqnr-db=20,max-abs=0.1,top-k=5` as a tolerance; undefined or empty text gives the defaults. Throws ConfigError with every problem. */
export function toleranceFromFlag(text: string | undefined): Tolerance {
  if (text === undefined || text.trim() === "") return defaultTolerance();
  const settings = ["top-k", "atol", "rtol", "guard-db", "min-coverage"];
  const problems: string[] = [];
  const block: Record<string, unknown> = {};
  for (const part of text.split(",")) {
    const [key = "", value = ""] = part.split("=").map((word) => word.trim());
    const known = metricKeys.includes(key) || settings.includes(key);
    const number = value === "" ? Number.NaN : Number(value);
    if (!known)
      problems.push(
        `--tolerance names "${key}", which is no metric${didYouMean(key, [...metricKeys, ...settings])} Write one of ${metricKeys.join(", ")}.`,
      );
    else if (key in block) problems.push(`--tolerance gives "${key}" twice; keep one.`);
    else if (!Number.isFinite(number)) problems.push(`--tolerance gives ${key} the value "${value}"; write a number, e.g. ${key}=20.`);
    else block[key] = metricKeys.includes(key) ? { fail: number } : number;
  }
  const parsed = toleranceSchema.safeParse(block);
  if (problems.length === 0 && !parsed.success)
    problems.push(...parsed.error.issues.map((issue) => `--tolerance: ${issue.path.join(".")}: ${issue.message}.`));
  if (problems.length > 0 || !parsed.success) throw new ConfigError(problems);
  return readTolerance(parsed.data);
}

/** Places (key paths below `tolerance`) whose `warn` would be reached only after `fail`, so that it could never warn. */
export function lateWarnings(
  config: ToleranceConfig,
): { readonly path: readonly string[]; readonly fail: number; readonly warn: number }[] {
  const { score, tensors } = config;
  const blocks: [string[], LimitsConfig][] = [
    [[], config],
    [["score"], score],
    ...Object.entries(tensors).map(([pattern, block]): [string[], LimitsConfig] => [["tensors", pattern], block]),
  ];
  return blocks.flatMap(([path, block]) =>
    Object.entries(definedLimits(camelKeys(block))).flatMap(([metric, { fail = Number.NaN, warn }]) => {
      if (warn === undefined) return [];
      const earlier = lowerIsBetter.has(metric) ? warn < fail : warn > fail;
      return earlier ? [] : [{ path: [...path, toKebab(metric)], fail, warn }];
    }),
  );
}

type LimitBlock = Partial<Record<MetricName, { readonly fail: number; readonly warn?: number | undefined } | undefined>>;

function definedLimits(block: LimitBlock): Limits {
  return Object.fromEntries(
    metricKeys.map(toCamel).flatMap((metric) => {
      const limit = Object.entries(block).find(([key]) => key === metric)?.[1];
      if (limit === undefined) return [];
      return [[metric, limit.warn === undefined ? { fail: limit.fail } : { fail: limit.fail, warn: limit.warn }] as const];
    }),
  );
}
