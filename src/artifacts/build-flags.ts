/** What a user's tools need to build as the gate did, as the report and the artefacts hold it. */
import { calibratorOf } from "../lanes/tensorrt/capabilities.ts";
import { buildFlags } from "../lanes/tensorrt/reproduce.ts";
import { polygraphyTiming, trtexecTiming } from "../model/build-options.ts";
import { shapeWord } from "../model/shape-flags.ts";
import { type ExportedCache, ownCacheName } from "../prepare/exported-cache.ts";
import type { Prepared } from "../prepare/prepare-model.ts";
import type { ModelReport } from "../report/schema.ts";

/** Also for `simulate`, whose fixes are for engines as well. `own`: the cache that lies beside the fix. `timingCache`: that of the run, with which the same engines come out. */
export function buildWith(
  { job, lane, quantization }: Pick<Prepared, "job" | "lane" | "quantization">,
  own: ExportedCache | undefined,
  timingCache: string | undefined,
): NonNullable<ModelReport["buildWith"]> {
  const word = own === undefined ? quantization.cacheHeader?.split("-").at(-1) : own.algorithm;
  const { polygraphy, trtexec } = buildFlags(job, lane.profile ?? job.shapes, word === undefined ? undefined : calibratorOf(word));
  return {
    polygraphy: [...polygraphy, ...polygraphyTiming(timingCache)],
    trtexec: trtexec ? [...trtexec, ...trtexecTiming(timingCache)] : null,
    ...(job.shapes.size === 0 ? {} : { shapes: [...job.shapes].map(shapeWord) }),
    ...(own === undefined ? {} : { cache: ownCacheName, ...(own.isSimulated ? { note: simulatedNote } : {}) }),
  };
}

const simulatedNote = `${ownCacheName} begins with TRT-8601. For another TensorRT than 8.6.1 write its digits there (100300 for 10.3.0): else it calibrates anew, on random numbers.`;
