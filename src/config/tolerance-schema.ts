/** Limits as they stand in the configuration. What they mean and their defaults as a whole are in tolerance.ts. */
import { z } from "zod";
import { type Metric, type MetricKind, type MetricWord, metricList } from "../measure/metrics.ts";

const limit = (value: z.ZodNumber, help: string) =>
  z
    .strictObject({
      fail: value.describe("Beyond it: regression."),
      warn: value.optional().describe("Beyond it: a warning. Reached before fail."),
    })
    .optional()
    .describe(help);

const share = z.number().min(0).max(1);
const error = z.number().min(0);
const ranges: Readonly<Record<MetricKind, z.ZodNumber>> = { db: z.number(), cosine: z.number().min(-1).max(1), share, error };

/** The blocks of the configuration have an entry a metric, under the metric's own word. */
const perWord = <T>(make: (metric: Metric) => T): Record<MetricWord, T> =>
  Object.fromEntries(metricList.map((metric) => [metric.word, make(metric)])) as Record<MetricWord, T>;

const metrics = perWord(({ kind, help, direction }) => limit(ranges[kind], `${help}; ${direction} is better.`));

export const limitsSchema = z.strictObject(metrics);

/** A block that is there must say something: an empty one would take a tensor's limits away without a word. */
const named = <T extends z.ZodObject>(block: T, example: string) =>
  block.refine((limits) => Object.values(limits).some((limit) => limit !== undefined), {
    error: `name at least one metric, e.g. ${example}`,
  });
const namedLimits = named(limitsSchema, "{sqnr-db: {fail: 20}}");

/** What the gate makes of limits has no limit against the base. */
const drop = z.strictObject({ drop: error.describe("Largest allowed loss against the base commit.") }).optional();
const baseline = z.strictObject(perWord(() => drop));

export const toleranceSchema = z
  .strictObject({
    ...metrics,
    score: namedLimits.optional().describe("Limits for the logits behind a probability output."),
    tensors: z
      .record(z.string(), namedLimits)
      .default({})
      .describe(
        "Limits by tensor name pattern (* and ?); the first that matches counts. Layers are judged only where a pattern names them.",
      ),
    baseline: named(baseline, "{sqnr-db: {drop: 3}}").optional().describe("Limits against the base commit's result, same job and GPU."),
    parts: z
      .enum(["judge", "warn", "off"])
      .default("judge")
      .describe("Parts of an output that a Concat or the like joins: judged by the output's limits, only a warning, or only shown."),
    "min-coverage": share.default(1).describe("Share of the reference's outputs that must have been compared."),
    "top-k": z.number().int().min(1).default(5).describe("k of topk-agreement."),
    atol: error.default(1e-5).describe("Absolute part of allclose."),
    rtol: error.default(1e-5).describe("Relative part of allclose."),
    "guard-db": error.default(0).describe("With `ship: rebuild`: a build nearer to a limit than this is undecided, dB."),
  })
  .describe(
    "Limits for outputs. Default: sqnr-db fail 20 and cosine fail 0.997, setting any metric of quantities replaces both; agreement fail 0.99 for outputs of indices; samples-within warn 0.9 and fail 0.5.",
  );

export type LimitsConfig = z.output<typeof limitsSchema>;
export type ToleranceConfig = z.output<typeof toleranceSchema>;
