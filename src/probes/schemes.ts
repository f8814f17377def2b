/**
 * Other ways to quantise the whole model, for a search that ends as diffuse: other calibrations of the same data, or per-channel weights of a
 * Q/DQ model. Each is opened only when the search asks, and always simulated.
 */
import { prepareSimulate } from "../lanes/simulate/simulate.ts";
import type { QuantizationSource } from "../model/job.ts";
import { withKept } from "../prepare/kept-units.ts";
import type { Prepared } from "../prepare/prepare-model.ts";
import type { Scheme } from "../search/request.ts";
import { probeOn, unknownProbe } from "./probe.ts";
import { type RankInputs, sameScales } from "./surrogate.ts";

/** Empty where there is only a cache: scales of another algorithm need the data. */
export const otherSchemes = (inputs: RankInputs): readonly Scheme[] =>
  otherSources(inputs.prepared).map(({ name, quantization }) => simulated(name, inputs, async () => quantization));

/** The model with the scales that it has. */
export const plainScheme = (inputs: RankInputs): Scheme =>
  simulated("the model as it is", inputs, () => sameScales(inputs.prepared.lane, inputs.prepared.job));

function simulated(name: string, { prepared, judging, split, context }: RankInputs, source: () => Promise<QuantizationSource>): Scheme {
  const { clock } = context.effects;
  return {
    name,
    probeEmpty: async () => {
      const startMs = clock.monotonicMs();
      try {
        const whole = await prepareSimulate({ ...prepared.job, onBuild: undefined, quantization: await source() });
        const lane = prepared.kept === undefined ? whole : withKept(whole, prepared.kept);
        try {
          return (await probeOn({ ...judging, lane }, { keep: new Set(), samples: split.choose }, clock)).result;
        } finally {
          await lane.close();
        }
      } catch (error) {
        return unknownProbe(error, (clock.monotonicMs() - startMs) / 1000);
      }
    },
  };
}

function otherSources({ job, holdsQdq }: Prepared): { readonly name: string; readonly quantization: QuantizationSource }[] {
  const { cachePath, ...rest } = job.quantization;
  if (rest.qdqPath !== undefined || holdsQdq)
    return [{ name: "per-channel weights", quantization: { ...job.quantization, weights: "per-channel" } }];
  if (rest.data === undefined) return [];
  return (["percentile", "entropy", "minmax"] as const)
    .filter((algorithm) => algorithm !== rest.algorithm || cachePath !== undefined)
    .map((algorithm) => ({ name: `${algorithm} calibration`, quantization: { ...rest, algorithm } }));
}
