/** A calibration cache that does not belong to the model: what is said of it, and the command that renews it. */
import { defaultCacheVersion } from "../calibration/cache.ts";
import type { Sidecar } from "../calibration/sidecar.ts";
import type { ModelEntry, QuantizationEntry } from "../config/settings.ts";
import { type Caveat, caveats } from "../gate/caveats.ts";
import { shapeFlags } from "../model/shape-flags.ts";
import { shellLine } from "../model/shell-word.ts";

export interface StaleCache {
  /** A clause that begins with the cache. */
  readonly why: string;
  /** What scales were made from instead; undefined where those of the cache are judged. */
  readonly renewedFrom: string | undefined;
  /** Renews the cache; `FILE` stands for samples where no file of them is given. */
  readonly command: string;
}

/** Its note alone tells: the files' times do not survive a checkout. */
export const otherVersion = (cache: string): string => `${cache} was made for another version of the model (its note says so)`;

/** With what scales are made from here, else with what the note says the cache was made by. TensorRT takes no cache of another version, so that stays. */
export function renewCommand(
  { path, shapes }: Pick<ModelEntry, "path" | "shapes">,
  { cache = "", data, loader, algorithm, percentile }: QuantizationEntry,
  { note, version }: { readonly note: Sidecar | undefined; readonly version: string | undefined },
): string {
  const by = data === undefined && loader === undefined ? (note?.algorithm ?? algorithm) : algorithm;
  return shellLine([
    ...["trt-gate", "calibrate", path, "--data", data ?? "FILE", ...shapeFlags(shapes)],
    ...(by === "entropy" ? [] : ["--algorithm", by]),
    ...(by === "percentile" ? ["--percentile", String(percentile)] : []),
    ...(version === undefined || version === defaultCacheVersion || !/^[0-9]{3,6}$/.test(version) ? [] : ["--trt-version", version]),
    ...["-o", cache],
  ]);
}

/** What a passing figure, or any figure of renewed scales, does not say. */
export function staleCaveat({ why, renewedFrom }: StaleCache): Caveat {
  const reason = renewedFrom === undefined ? "stale-scales" : "cache-renewed";
  const what =
    renewedFrom === undefined
      ? `${why}, and its scales meet the limits on these samples all the same.`
      : `${why}: what is judged are scales made anew from ${renewedFrom}.`;
  return { reason, message: `${what} ${caveats[reason].next}` };
}
