/**
 * Where a model's scales come from: a cache that still fits, calibration data, a loader or a Q/DQ model. A stale cache is renewed from data
 * where there is some, and is an undecided verdict where there is none: the tools would calibrate on random numbers or build without INT8.
 */
import { join } from "node:path";
import { parseCache } from "../calibration/cache.ts";
import type { FeedEntry, ModelEntry, QuantizationEntry } from "../config/settings.ts";
import type { FeedSource, QuantizationSource } from "../lanes/lane.ts";
import type { OnnxModel } from "../onnx/model.ts";
import { toNetwork } from "../onnx/network.ts";
import { findUnits } from "../onnx/units.ts";
import type { ModelReport } from "../report/schema.ts";
import type { CheckContext } from "./context.ts";

export interface ChosenQuantization {
  readonly source: QuantizationSource;
  readonly report: ModelReport["quantization"];
  readonly warnings: readonly string[];
}

export interface QuantizationFacts {
  readonly entry: ModelEntry;
  readonly root: string;
  readonly model: OnnxModel;
  /** Path of the staged Q/DQ model, where the entry names one. */
  readonly qdqPath: string | undefined;
  openFeeds(feed: FeedEntry, what: string): Promise<FeedSource>;
  readonly context: CheckContext;
}

export async function chooseQuantization(facts: QuantizationFacts): Promise<ChosenQuantization> {
  const { entry, qdqPath } = facts;
  const given = entry.quantization;
  const nothing = { samples: null, cacheHeader: null, stale: null };
  if (given === undefined) {
    return {
      source: { algorithm: "entropy", percentile: 99.999 },
      report: { ...nothing, source: "the model's own Q/DQ", algorithm: "Q/DQ" },
      warnings: [],
    };
  }
  const how = { algorithm: given.algorithm, percentile: given.percentile };
  if (qdqPath !== undefined)
    return { source: { ...how, qdqPath }, report: { ...nothing, source: given.qdq ?? "", algorithm: "Q/DQ" }, warnings: [] };
  const data = await openCalibration(facts, given);
  if (given.cache === undefined) {
    const source = { ...how, ...(data ? { data } : {}) };
    return {
      source,
      report: { ...nothing, source: given.data ?? given.loader ?? "", algorithm: given.algorithm, samples: data?.count ?? null },
      warnings: tooFew(data, given, entry),
    };
  }
  return await withCache(facts, given, given.cache, data);
}

async function withCache(
  facts: QuantizationFacts,
  given: QuantizationEntry,
  cache: string,
  data: FeedSource | undefined,
): Promise<ChosenQuantization> {
  const { effects } = facts.context;
  const cachePath = join(facts.root, cache);
  const parsed = parseCache(await effects.files.readText(cachePath), cache);
  const stale = staleness(facts.model, parsed.scales);
  const how = { algorithm: given.algorithm, percentile: given.percentile, ...(data ? { data } : {}) };
  const report = {
    source: cache,
    algorithm: parsed.algorithm ?? given.algorithm,
    samples: data?.count ?? null,
    cacheHeader: parsed.header ?? null,
    stale: stale ?? null,
  };
  if (stale !== undefined && data !== undefined) {
    const note = `${cache} is stale (${stale}); the scales were made anew from ${data.description}.`;
    return {
      source: how,
      report: { ...report, source: data.description, cacheHeader: null },
      warnings: [...tooFew(data, given, facts.entry), note],
    };
  }
  return {
    source: { ...how, cachePath },
    report,
    warnings: [...(stale === undefined ? [] : [`${cache} is stale: ${stale}.`])],
  };
}

/** Undefined where every activation input of a compute node has a scale. */
function staleness(model: OnnxModel, scales: ReadonlyMap<string, number>): string | undefined {
  const inputs = new Set(findUnits(toNetwork(model)).flatMap((unit) => unit.inputs));
  const missing = [...inputs].filter((name) => !scales.has(name));
  return missing.length === 0 ? undefined : `${missing.length} of ${inputs.size} compute inputs have no scale, first "${missing[0]}"`;
}

const openCalibration = async (facts: QuantizationFacts, given: QuantizationEntry): Promise<FeedSource | undefined> =>
  given.data === undefined && given.loader === undefined
    ? undefined
    : await facts.openFeeds(
        { data: given.data, loader: given.loader, inputs: undefined, random: undefined, maxSamples: Number.POSITIVE_INFINITY },
        "calibration",
      );

const tooFew = (data: FeedSource | undefined, { minSamples }: QuantizationEntry, { name }: ModelEntry): string[] =>
  data !== undefined && data.count < minSamples
    ? [
        `${name} is calibrated with ${data.count} samples, fewer than ${minSamples}: scales from few samples miss rare large values. Give more, or lower min-samples.`,
      ]
    : [];
