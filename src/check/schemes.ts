/**
 * Other ways to quantise the whole model, for a search that ends as diffuse: other calibrations of the same data, or per-channel weights of a
 * Q/DQ model. Each is opened only when the search asks, and always simulated.
 */

import { prepareSimulate } from "../lanes/simulate/simulate.ts";
import type { QuantizationSource } from "../model/job.ts";
import type { SampleSplit } from "../search/sample-split.ts";
import type { Scheme } from "../search/search.ts";
import type { CheckContext } from "./context.ts";
import type { Judging } from "./outputs.ts";
import type { Prepared } from "./prepare.ts";
import { makeProbe, unknownProbe } from "./probe.ts";

export interface SchemeInputs {
  readonly prepared: Prepared;
  readonly judging: Judging;
  readonly halves: SampleSplit;
  readonly context: CheckContext;
}

/** Empty where there is only a cache: scales of another algorithm need the data. */
export const otherSchemes = ({ prepared, judging, halves, context }: SchemeInputs): readonly Scheme[] =>
  otherSources(prepared).map(({ name, quantization }) => ({
    name,
    probeEmpty: async () => {
      const startMs = context.effects.clock.monotonicMs();
      try {
        const lane = await prepareSimulate({ ...prepared.job, onBuild: undefined, quantization });
        try {
          return await makeProbe({ ...judging, lane }, halves, context.effects.clock)(new Set(), "search");
        } finally {
          await lane.close();
        }
      } catch (error) {
        return unknownProbe(error, (context.effects.clock.monotonicMs() - startMs) / 1000);
      }
    },
  }));

function otherSources({ job, holdsQdq }: Prepared): { readonly name: string; readonly quantization: QuantizationSource }[] {
  const { cachePath, ...rest } = job.quantization;
  if (rest.qdqPath !== undefined || holdsQdq)
    return [{ name: "per-channel weights", quantization: { ...job.quantization, weights: "per-channel" } }];
  if (rest.data === undefined) return [];
  return (["percentile", "entropy", "minmax"] as const)
    .filter((algorithm) => algorithm !== rest.algorithm || cachePath !== undefined)
    .map((algorithm) => ({ name: `${algorithm} calibration`, quantization: { ...rest, algorithm } }));
}
