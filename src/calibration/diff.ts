/** What changed between two calibration caches: which scales moved, by how much. Facts only. */
import type { CalibrationCache } from "./cache.ts";

export interface MovedScale {
  readonly tensor: string;
  readonly old: number;
  readonly new: number;
  /** new / old: above 1 the range grew (coarser steps), below 1 it shrank (more clipping). */
  readonly ratio: number;
}

export interface CacheDiff {
  readonly headers: { readonly old: string; readonly new: string; readonly same: boolean };
  /** Largest factor first, either way; equal scales are not listed. */
  readonly moved: readonly MovedScale[];
  readonly unchanged: number;
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/** By tensor. `ratio`: new scale / old scale; what moved most, up or down, comes first. */
export function diffCaches(older: CalibrationCache, newer: CalibrationCache): CacheDiff {
  const both = [...older.scales].flatMap(([tensor, old]): MovedScale[] => {
    const now = newer.scales.get(tensor);
    return now === undefined ? [] : [{ tensor, old, new: now, ratio: now / old }];
  });
  const moved = both.filter(({ ratio }) => ratio !== 1).toSorted((a, b) => Math.abs(Math.log(b.ratio)) - Math.abs(Math.log(a.ratio)));
  return {
    headers: { old: older.header, new: newer.header, same: older.header === newer.header },
    moved,
    unchanged: both.length - moved.length,
    added: [...newer.scales.keys()].filter((tensor) => !older.scales.has(tensor)),
    removed: [...older.scales.keys()].filter((tensor) => !newer.scales.has(tensor)),
  };
}
