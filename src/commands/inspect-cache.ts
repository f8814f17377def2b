/** A calibration cache by itself; against its model it is checked by `cache check`. */
import { parseCache } from "../calibration/cache.ts";
import type { Inspection } from "./inspection.ts";

/** `text`: the cache's own. Scales are sorted, the smallest first. */
export function inspectCache(path: string, text: string): Inspection {
  const cache = parseCache(text, path);
  const sorted = [...cache.scales].map(([tensor, scale]) => ({ tensor, scale })).toSorted((a, b) => a.scale - b.scale);
  return {
    kind: "calibration-cache",
    path,
    header: cache.header ?? "",
    version: cache.version ?? null,
    algorithm: cache.algorithm ?? null,
    entries: cache.entries.length,
    scales: cache.scales.size,
    smallest: sorted[0] ?? null,
    largest: sorted.at(-1) ?? null,
    problems: cache.problems.map((problem) => problem.message),
  };
}
