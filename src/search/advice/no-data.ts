/** A diffuse error asks for another calibration, and only a cache is there: nothing could be tried. */
import type { Advice } from "../outcome.ts";
import type { AdviceFacts } from "./facts.ts";

/** Undefined where calibration data is given, and for every other outcome than a diffuse error. */
export function noData({ calibration, search }: AdviceFacts): Advice | undefined {
  if (search?.outcome !== "diffuse" || calibration?.onlyCache !== true) return undefined;
  const { units, plainDb } = search;
  const now = plainDb === undefined ? "" : `, which give ${plainDb.toFixed(1)} dB now`;
  return {
    rule: "no-data",
    text: `No other calibration of the ${units} units could be tried: only a cache with ${calibration.algorithm} scales is given${now}. Give calibration samples beside the cache (--data FILE, in the configuration quantization.data), and the next search says by how much percentile, entropy and minmax differ.`,
    evidence: { units, algorithm: calibration.algorithm, ...(plainDb === undefined ? {} : { plainDb }) },
  };
}
