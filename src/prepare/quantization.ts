/**
 * Where a model's scales come from: a cache that still fits, calibration data, a loader or a Q/DQ model. A cache that lacks scales, or whose note names
 * another model, is renewed from data where there is some. Where there is none, a cache that lacks scales is an undecided verdict: the tools would calibrate
 * on random numbers or build without INT8. One of another model is judged as it is: that is what ships.
 */
import { join } from "node:path";
import { cacheFault, checkCache } from "../calibration/check.ts";
import { modelFacts } from "../calibration/model-facts.ts";
import { openCache, openSidecar } from "../calibration/open-cache.ts";
import { placeWords } from "../config/place.ts";
import type { FeedEntry, ModelEntry, QuantizationEntry } from "../config/settings.ts";
import { ToolError } from "../effects/failure.ts";
import { countMadeUp, type FeedSource, type QuantizationSource } from "../model/job.ts";
import { plural } from "../model/plural.ts";
import type { OnnxModel } from "../onnx/model.ts";
import type { ModelReport } from "../report/schema.ts";
import type { CheckContext } from "./context.ts";
import { otherVersion, renewCommand, type StaleCache } from "./stale-cache.ts";

export interface ChosenQuantization {
  readonly source: QuantizationSource;
  readonly report: ModelReport["quantization"];
  readonly warnings: readonly string[];
  /** Set where the cache belongs to another model or lacks scales. */
  readonly staleCache?: StaleCache | undefined;
  /** Samples that a cache in force was made from, where its note names them. */
  readonly calibrationRows?: readonly string[] | undefined;
}

export interface QuantizationFacts {
  readonly entry: ModelEntry;
  readonly root: string;
  readonly model: OnnxModel;
  readonly sha256: string;
  /** Path of the staged Q/DQ model, where the entry names one. */
  readonly qdqPath: string | undefined;
  openFeeds(feed: FeedEntry, what: string): Promise<FeedSource>;
  readonly context: CheckContext;
}

/** Neither the entry nor the model says how to quantise. */
export const noQuantization = (entry: ModelEntry): string =>
  entry.describedIn === "flags"
    ? `"${entry.name}" has no scales. Add --cache FILE, --data FILE.npz or --qdq FILE.onnx.`
    : `${placeWords(entry)}"${entry.name}" has no quantization, and its model holds no Q/DQ. Give quantization: {cache: FILE}, {data: FILE.npz} or {qdq: FILE.onnx}.`;

/** ConfigError and FileError for what the entry names wrongly; ToolError where only a stale or broken cache is left. */
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
  const how = howOf(given);
  if (qdqPath !== undefined)
    return { source: { ...how, qdqPath }, report: { ...nothing, source: given.qdq ?? "", algorithm: "Q/DQ" }, warnings: [] };
  const data = await openCalibration(facts, given);
  if (given.cache === undefined) {
    const source = { ...how, ...(data ? { data } : {}) };
    return {
      source,
      report: { ...nothing, source: given.data ?? given.loader ?? "", algorithm: given.algorithm, samples: data?.count ?? null },
      warnings: sampleWarnings(data, given, entry),
    };
  }
  return await withCache(facts, given, given.cache, data);
}

const howOf = ({ algorithm, percentile, placement }: QuantizationEntry) => ({
  algorithm,
  percentile,
  placement,
});

async function withCache(
  facts: QuantizationFacts,
  given: QuantizationEntry,
  cache: string,
  data: FeedSource | undefined,
): Promise<ChosenQuantization> {
  const { files } = facts.context.effects;
  const cachePath = join(facts.root, cache);
  const parsed = await openCache(cachePath, cache, files);
  const check = checkCache({
    cache: parsed,
    ...(await modelFacts(facts.model, files)),
    modelSha256: facts.sha256,
    sidecar: await openSidecar(cachePath, cache, files),
  });
  const gap = cacheFault(check);
  const how = { ...howOf(given), ...(data ? { data } : {}) };
  const report = { source: cache, algorithm: parsed.algorithm ?? given.algorithm, stale: gap ?? check.stale ?? null };
  const why = gap === undefined ? check.stale && otherVersion(cache) : `${cache} does not fit the model (${gap})`;
  const command = renewCommand(facts.entry, given, { note: check.origin, version: parsed.version });
  if (why !== undefined && data !== undefined)
    return {
      source: how,
      report: {
        ...report,
        source: data.description,
        stale: `${cache}, ${report.stale}`,
        algorithm: given.algorithm,
        samples: data.count,
        cacheHeader: null,
      },
      warnings: [
        ...sampleWarnings(data, given, facts.entry),
        `${why}: the scales were made anew from ${data.description}. Renew it: ${command}`,
      ],
      staleCache: { why, renewedFrom: data.description, command },
    };
  if (gap !== undefined)
    throw new ToolError(
      "stale-cache",
      `${cache} does not fit ${facts.entry.path}: ${gap}. Calibrate anew, or give quantization.data so that the gate can.`,
    );
  return {
    source: { ...how, cachePath },
    report: { ...report, samples: check.origin?.samples ?? null, cacheHeader: parsed.header },
    warnings: [
      ...(why === undefined ? [] : [`${why}: ${check.stale}. Calibrate anew: ${command}`]),
      ...((check.origin?.madeUp ?? 0) > 0 ? [madeUpScales(cache)] : []),
    ],
    staleCache: why === undefined ? undefined : { why, renewedFrom: undefined, command },
    calibrationRows: check.origin?.rows,
  };
}

const openCalibration = async (facts: QuantizationFacts, given: QuantizationEntry): Promise<FeedSource | undefined> =>
  given.data === undefined && given.loader === undefined
    ? undefined
    : await facts.openFeeds(
        { data: given.data, loader: given.loader, inputs: undefined, random: undefined, maxSamples: Number.POSITIVE_INFINITY },
        "calibration",
      );

/** What is wrong with the calibration samples themselves. */
function sampleWarnings(data: FeedSource | undefined, { minSamples }: QuantizationEntry, { name }: ModelEntry): string[] {
  if (data === undefined) return [];
  const few = `${name} is calibrated with ${plural(data.count, "sample")}, fewer than ${minSamples}: scales from few samples miss rare large values. Give more, or lower quantization.min-samples.`;
  return [...(data.count < minSamples ? [few] : []), ...(countMadeUp(data) > 0 ? [madeUpScales(name)] : [])];
}

const madeUpScales = (what: string): string =>
  `${what} is calibrated on random numbers that the gate made up: its scales fit no real use. Calibrate on real samples.`;
