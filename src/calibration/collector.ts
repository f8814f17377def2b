/** What each algorithm keeps of a tensor while samples go by, and the amax it gives. One collector a tensor, one pass. */
import { entropyAmax, entropyBins } from "./entropy.ts";
import { addValues, emptyHistogram } from "./histogram.ts";
import { percentileAmax, percentileBins } from "./percentile.ts";

export type Algorithm = "entropy" | "minmax" | "percentile";

export interface Collector {
  /** `largest` is the largest |x| of `values`, all finite. */
  add(values: ArrayLike<number>, largest: number): void;
  /** Largest magnitude to represent, from what was added so far; 0 while all was zero. */
  amax(): number;
}

/** `percentile` in percent; read by `percentile` alone. */
export function makeCollector(algorithm: Algorithm, percentile: number): Collector {
  if (algorithm === "minmax") return largestCollector();
  const histogram = emptyHistogram(algorithm === "entropy" ? entropyBins : percentileBins);
  return {
    add: (values, largest) => addValues(histogram, values, largest),
    amax: () => (algorithm === "entropy" ? entropyAmax(histogram) : percentileAmax(histogram, percentile)),
  };
}

function largestCollector(): Collector {
  let amax = 0;
  return {
    add: (_, largest) => {
      amax = Math.max(amax, largest);
    },
    amax: () => amax,
  };
}
