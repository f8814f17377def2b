/** The one order of "worst layers" everywhere: by the error a layer adds itself; those never measured alone come last, by what has gathered there. */
import type { MeasuredTensor, Num } from "./schema.ts";

/** Order of two SQNRs in dB: NaN is worst, then the lowest; one that was not measured is last. */
export function worstFirst(a: Num | null | undefined, b: Num | null | undefined): number {
  const rank = (value: Num | null | undefined) => (value === null || value === undefined ? 2 : value === "NaN" ? 0 : 1);
  if (rank(a) !== rank(b)) return rank(a) - rank(b);
  const [x, y] = [Number(a), Number(b)];
  return x === y || rank(a) !== 1 ? 0 : x - y;
}

/** For sorting. NaN comes first, then the lower SQNR; unknown ones come last. */
export const worstLayerFirst = (a: MeasuredTensor, b: MeasuredTensor): number =>
  worstFirst(a.injected?.sqnrDb, b.injected?.sqnrDb) || worstFirst(a.metrics.sqnrDb, b.metrics.sqnrDb);
