/**
 * The calibration cache of scales that the gate made itself: a user's tools need it beside the fix, or they would calibrate on random numbers.
 */
import { defaultCacheVersion, headerWord, parseCache, writeCache } from "../calibration/cache.ts";
import type { QuantizationSource } from "../model/job.ts";
import type { Prepared } from "./prepare-model.ts";

export const ownCacheName = "calibration.cache";

export interface ExportedCache {
  readonly text: string;
  /** Algorithm word of its first line. */
  readonly algorithm: string | undefined;
  /** No TensorRT wrote it, so its first line names one that the user's need not be. */
  readonly isSimulated: boolean;
}

/** Undefined where the user's own cache was used as it is, and where Q/DQ in the model say everything. */
export async function exportedCache({
  lane,
  job,
  holdsQdq,
}: Pick<Prepared, "lane" | "job" | "holdsQdq">): Promise<ExportedCache | undefined> {
  const { quantization, effects } = job;
  if (lane.lane === "explicit" || holdsQdq || quantization.qdqPath !== undefined) return undefined;
  if (lane.cachePath !== undefined) {
    const text = await effects.files.readText(lane.cachePath);
    const given = quantization.cachePath === undefined ? undefined : await effects.files.readText(quantization.cachePath);
    return text === given ? undefined : { text, algorithm: parseCache(text, ownCacheName).algorithm, isSimulated: false };
  }
  if (quantization.cachePath !== undefined || lane.scales === undefined) return undefined;
  return { text: cacheOfScales(quantization, lane.scales), algorithm: headerWord[quantization.algorithm], isSimulated: true };
}

/** Scales that a lane made itself, as a cache. No TensorRT is asked, so the first line names the default one. */
export const cacheOfScales = ({ algorithm }: Pick<QuantizationSource, "algorithm">, scales: ReadonlyMap<string, number>): string =>
  writeCache({ version: defaultCacheVersion, algorithm: headerWord[algorithm], scales });
