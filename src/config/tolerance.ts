/**
 * Checked tolerance blocks as the gate reads them. Owns the default limits. Judging is gate/.
 */
import type { Limit, Limits, Tolerance } from "../gate/verdict.ts";
import { type MetricName, marginOf, metricList } from "../measure/metrics.ts";
import { camelKeys } from "./case.ts";
import { type LimitsConfig, type ToleranceConfig, toleranceSchema } from "./tolerance-schema.ts";

/** Used where no metric of outputs is configured (design 3.2). */
const defaultLimits: Limits = { sqnrDb: { fail: 20 }, cosine: { fail: 0.997 } };
const defaultAgreement: Limit = { fail: 0.99 };
const defaultSamplesWithin: Limit = { fail: 0.5, warn: 0.9 };

/** Kebab-case names of the metrics that can carry a limit. */
export const limitNames: readonly string[] = metricList.map(({ word }) => word);

/** A checked `tolerance:` block as the gate reads it. Setting any metric of quantities replaces both their default limits. */
export function readTolerance(config: ToleranceConfig): Tolerance {
  const { score, tensors, baseline, minCoverage, topK, atol, rtol, guardDb, parts, agreement, samplesWithin, ...metrics } =
    camelKeys(config);
  const limits = definedLimits(metrics);
  return {
    limits: Object.keys(limits).length === 0 ? defaultLimits : limits,
    indices: { agreement: limitOf(agreement) ?? defaultAgreement },
    samplesWithin: limitOf(samplesWithin) ?? defaultSamplesWithin,
    parts,
    score: definedLimits(camelKeys(score ?? {})),
    tensors: Object.entries(tensors).map(([pattern, block]) => ({ pattern, limits: definedLimits(camelKeys(block)) })),
    baseline: Object.fromEntries(Object.entries(camelKeys(baseline ?? {})).filter(([, drop]) => drop !== undefined)),
    minCoverage,
    topK,
    atol,
    rtol,
    guardDb,
  };
}

/** What `tolerance:` gives when it is left out. */
export const defaultTolerance = (): Tolerance => readTolerance(toleranceSchema.parse({}));

/** Limits (key paths below `tolerance`) whose `warn` would be reached only after `fail`, so that it could never warn, and what to do. */
export function lateWarnings(config: ToleranceConfig): { readonly path: readonly string[]; readonly text: string }[] {
  const { score, tensors } = config;
  const blocks: [string[], LimitsConfig][] = [
    [[], config],
    [["score"], score ?? {}],
    ...Object.entries(tensors).map(([pattern, block]): [string[], LimitsConfig] => [["tensors", pattern], block]),
  ];
  return blocks.flatMap(([path, block]) =>
    metricList.flatMap(({ name, word }) => {
      const { fail, warn } = block[word] ?? {};
      if (fail === undefined || warn === undefined || marginOf(name, warn, fail) > 0) return [];
      return [
        { path: [...path, word], text: `is ${warn} and would be reached only after fail (${fail}); move it to the good side of fail` },
      ];
    }),
  );
}

type LimitConfig = { readonly fail: number; readonly warn?: number | undefined } | undefined;
type LimitBlock = Partial<Record<MetricName, LimitConfig>>;

function limitOf(limit: LimitConfig): Limit | undefined {
  if (limit === undefined) return undefined;
  return limit.warn === undefined ? { fail: limit.fail } : { fail: limit.fail, warn: limit.warn };
}

function definedLimits(block: LimitBlock): Limits {
  return Object.fromEntries(
    metricList.flatMap(({ name }) => {
      const limit = limitOf(block[name]);
      return limit === undefined ? [] : [[name, limit] as const];
    }),
  );
}
